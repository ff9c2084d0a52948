import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build-workspaces.ts';
import { runChecks } from './lint-checks.ts';
import { packageDesktop } from './package-desktop.ts';
import { playwrightTotals } from './playwright-totals.ts';
import { runTool } from './run-command.ts';
import { ensureSystemNeeds } from './system-needs.ts';
import { type Totals, vitestTotals } from './vitest-totals.ts';

/**
 * `npm test`: everything, on a machine that has only Node. Its last line is `N passed, N failed`, over all runners; a
 * check of the code counts as one test. A runner that crashes or runs nothing has failed.
 */
const FAILED: Totals = { passed: 0, failed: 1, skipped: 0 };

const vitest = (project: string): Promise<Totals> =>
  reported(async (file) => {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    return runTool('vitest', ['run', '--project', project, ...reporters]);
  }, vitestTotals);

/** The packed desktop app, driven on a screen that nobody sees; which is something that Linux has. */
async function desktop(): Promise<Totals> {
  if (process.platform !== 'linux') {
    process.stdout.write('The tests of the desktop app need Linux: not run.\n');
    return { passed: 0, failed: 0, skipped: 1 };
  }
  await packageDesktop((line) => process.stdout.write(`${line}\n`));
  return reported(
    (file) => runTool('playwright', ['test', '--reporter=list,json'], { PLAYWRIGHT_JSON_OUTPUT_FILE: file }),
    playwrightTotals,
  );
}

/** Runs a runner that writes a report into a file, and reads it. */
async function reported(
  run: (file: string) => Promise<number>,
  read: (report: string | undefined, status: number) => Totals,
): Promise<Totals> {
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-test-report-'));
  const file = join(folder, 'report.json');
  try {
    const status = await run(file);
    return read(await readFile(file, 'utf8').catch(() => undefined), status);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const RUNNERS: readonly (readonly [string, () => Promise<Totals>])[] = [
  ['checks', runChecks],
  ['unit', () => vitest('unit')],
  ['acceptance', () => vitest('acceptance')],
  ['deadlines', () => vitest('deadlines')],
  ['desktop', desktop],
];

async function main(): Promise<Totals> {
  if (!(await ensureSystemNeeds())) return FAILED;
  process.stdout.write('── build\n');
  if (!(await build())) return FAILED;
  const results: [string, Totals][] = [];
  for (const [name, run] of RUNNERS) {
    process.stdout.write(`\n── ${name}\n`);
    results.push([name, await run().catch(crashed)]);
  }
  process.stdout.write('\n');
  for (const [name, { passed, failed, skipped }] of results) {
    process.stdout.write(
      `${name}: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} not run` : ''}\n`,
    );
  }
  const sum = (part: keyof Totals) => results.reduce((total, [, totals]) => total + totals[part], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

function crashed(error: unknown): Totals {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return FAILED;
}

const { passed, failed } = await main().catch(crashed);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
