import { cpus } from 'node:os';
import type { Page } from '@playwright/test';
import pg from 'pg';
import { build } from '../scripts/build-workspaces.ts';
import { call } from '../test/desktop/support/bridge.ts';
import { Desktop } from '../test/desktop/support/desktop.ts';
import { packOnce } from '../test/desktop/support/pack-once.ts';
import { startVirtualDisplay } from '../test/desktop/support/virtual-display.ts';
import { startTestDemo, type TestDemo } from '../test/support/test-demo.ts';
import { watchTyping } from './desktop-typing.ts';
import { quantile } from './quantile.ts';

/**
 * `npm run bench:desktop`: what it is like to use the packed app, through a real gateway to a real database, on a
 * screen that nobody sees and without a GPU. What Playwright's inspection costs is in the figures.
 */
const ROWS = 1_000_000;
const STARTS = 5;
const RUNS = 3;

interface Row {
  readonly what: string;
  readonly figure: string;
  /** Absent where the figure is only for orientation. */
  readonly aim?: string;
  readonly reached?: boolean;
}

const say = (line: string) => process.stderr.write(`${line}\n`);
const stops: (() => Promise<unknown>)[] = [];
const rows: Row[] = [];
try {
  if (!(await build())) throw new Error('It does not compile: see above.');
  stops.push(await packOnce());
  const display = await startVirtualDisplay();
  stops.push(() => display.stop());
  const world = await startTestDemo();
  stops.push(() => world.stop());
  await prepare(world);
  const desktop = await Desktop.create({ person: 'alice', display: display.env, gateway: world.demo.url });
  stops.push(() => desktop.remove());
  await starts(desktop);
  await million(desktop);
} finally {
  for (const stop of stops.reverse()) await stop();
}
const model = cpus()[0]?.model.trim() ?? 'unknown';
process.stdout.write(`\n${cpus().length} cores of ${model}, Node ${process.versions.node}\n\n`);
process.stdout.write('| What | Measured | Aim | |\n|---|---|---|---|\n');
for (const { what, figure, aim = '', reached } of rows)
  process.stdout.write(`| ${what} | ${figure} | ${aim} | ${verdict(reached)} |\n`);

/** A table whose first row comes at once, as no function's result does. */
async function prepare(world: TestDemo): Promise<void> {
  say(`Making a table of ${ROWS.toLocaleString('en')} rows …`);
  const client = new pg.Client({ connectionString: world.demo.targetUrl('orders_staging') });
  await client.connect();
  await client.query(
    `create table million as select g as id, md5(g::text) as code, now() - g * interval '1 second' as at,
       (g % 1000)::numeric / 7 as amount, case when g % 3 = 0 then null else 'a note of some length' end as note
     from generate_series(1, ${ROWS}) g`,
  );
  await client.query('grant select on million to staging_read');
  await client.query('vacuum analyze million');
  await client.end();
}

/** From the birth of the process to the first picture of the page, which shows when it knows what to show. */
async function starts(desktop: Desktop): Promise<void> {
  const times: number[] = [];
  for (let start = 0; start <= STARTS; start += 1) {
    say(`Start ${start + 1} of ${STARTS + 1} …`);
    const page = await desktop.open();
    await page.getByRole('button', { name: 'Continue in your browser' }).waitFor();
    const born = await desktop.app.evaluate(() => process.getCreationTime() ?? Number.NaN);
    const painted = await page.evaluate(() => {
      const [paint] = performance.getEntriesByName('first-contentful-paint');
      return performance.timeOrigin + (paint?.startTime ?? Number.NaN);
    });
    times.push(painted - born);
    if (start < STARTS) await desktop.kill();
  }
  const [first = Number.NaN, ...others] = times;
  rows.push({
    what: 'Start of the app until its first screen can be used (first start with an empty data folder; median of the next)',
    figure: `${ms(first)}; ${ms(quantile(others, 0.5))}`,
    aim: 'under 2 s',
    reached: Math.max(first, quantile(others, 0.5)) < 2000,
  });
}

async function million(desktop: Desktop): Promise<void> {
  const { page } = desktop;
  await desktop.signIn();
  // tsx marks functions with their names by a helper, which functions sent into the page then ask for.
  await page.evaluate('globalThis.__name = (of) => of');
  const asked = await call(page, 'requests.create', {
    resource: 'orders-staging',
    profile: 'read',
    duration: 3600,
    reason: 'bench',
  });
  if (!asked.ok) throw new Error(asked.error.message);
  await page.getByRole('button', { name: /^Connect to orders-staging/ }).click();
  const editor = page.getByRole('textbox', { name: 'SQL on orders-staging' });
  const idle = await rendererMemory(desktop);
  const firsts: number[] = [];
  const totals: number[] = [];
  let typing = { keys: [] as number[], frames: [] as number[] };
  for (let run = 0; run < RUNS; run += 1) {
    say(`A million rows, run ${run + 1} of ${RUNS} …`);
    await editor.fill('select * from million');
    const shown = firstRowShown(page);
    // It is awaited once the key is pressed; should that fail, this must not end the process before all is cleared away.
    shown.catch(() => undefined);
    const began = performance.now();
    await page.keyboard.press('Control+Shift+Enter');
    firsts.push(await shown);
    if (run === RUNS - 1) {
      await editor.focus();
      typing = await watchTyping(page, async () => {
        await page.keyboard.press('Control+End');
        await page.keyboard.press('Enter');
        await page.keyboard.type('-- typed while rows arrive, one key after another', { delay: 40 });
      });
    }
    await page.locator(`[role=grid][aria-rowcount="${ROWS + 1}"]`).waitFor({ timeout: 120_000 });
    totals.push(performance.now() - began);
  }
  const memory = await rendererMemory(desktop);
  rows.push(
    {
      what: 'From the key that runs a statement to its first rows on the screen, of a million',
      figure: ms(quantile(firsts, 0.5)),
      aim: 'under 200 ms',
      reached: quantile(firsts, 0.5) < 200,
    },
    {
      what: 'Until all of the million are there',
      figure: `${(quantile(totals.slice(0, -1), 0.5) / 1000).toFixed(1)} s`,
    },
    {
      what: `Memory of the page's process with a million rows (${idle} MB before)`,
      figure: `${memory} MB`,
      aim: 'under 300 MB',
      reached: memory < 300,
    },
    {
      what: 'A key typed in the editor while rows arrive, until it is painted, the wait for the next frame included (median; 95 %)',
      figure: `${ms(quantile(typing.keys, 0.5))}; ${ms(quantile(typing.keys, 0.95))}`,
    },
    {
      what: 'Work of the page in a frame meanwhile (median; 95 %)',
      figure: `${ms(quantile(typing.frames, 0.5))}; ${ms(quantile(typing.frames, 0.95))}`,
      aim: 'under 16 ms',
      reached: quantile(typing.frames, 0.95) < 16,
    },
  );
}

/** Resolves to the ms between the next key that runs and the frame in which a first cell stands. */
function firstRowShown(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const old = new Set(document.querySelectorAll('[role=gridcell]'));
        let pressed: number | undefined;
        window.addEventListener(
          'keydown',
          (event) => {
            if (event.key === 'Enter') pressed ??= event.timeStamp;
          },
          { capture: true },
        );
        const look = () => {
          const first = document.querySelector('[role=gridcell]');
          if (pressed === undefined || first === null || old.has(first) || first.textContent !== '1') return;
          observer.disconnect();
          const from = pressed;
          requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - from)));
        };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
      }),
  );
}

/** Resident memory of the page's process, in MB. */
async function rendererMemory(desktop: Desktop): Promise<number> {
  const kilobytes = await desktop.app.evaluate(({ app, BrowserWindow }) => {
    const pid = BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId();
    return app.getAppMetrics().find((metric) => metric.pid === pid)?.memory.workingSetSize ?? Number.NaN;
  });
  return Math.round(kilobytes / 1024);
}

function verdict(reached: boolean | undefined): string {
  if (reached === undefined) return '';
  return reached ? 'reached' : 'not reached';
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}
