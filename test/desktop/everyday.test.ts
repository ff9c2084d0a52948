import { execFile } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { appState, call } from './support/bridge.ts';
import { expect, test } from './support/test.ts';

/** What staging gives without anybody's approval. */
const STAGING = { resource: 'orders-staging', profile: 'read' } as const;

test.describe('the app at work', () => {
  test('keeps tunnels when its page crashes, and the page comes back', async ({ desktop }) => {
    const alice = await desktop('alice');
    const page = await alice.open();
    await alice.signIn();
    await granted(page);
    const opened = await call(page, 'tunnels.open', STAGING);
    if (!opened.ok) throw new Error(opened.error.message);
    const { tunnel } = opened.value;
    const revealed = await call(page, 'tunnels.revealSecret', { tunnel });
    if (!revealed.ok) throw new Error(revealed.error.message);
    const [state] = (await appState(page)).tunnels;
    const settings = { host: state?.host ?? '', port: state?.port ?? 0, database: state?.database ?? '' };

    // A tunnel is for who has its secret, on this machine and nowhere else.
    const stranger = new pg.Client({ ...settings, user: state?.user ?? '', password: 'guess' });
    await expect(stranger.connect()).rejects.toThrow();
    const client = new pg.Client({ ...settings, user: state?.user ?? '', password: revealed.value.secret });
    await client.connect();
    try {
      await alice.app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
      );
      expect(
        (await client.query('select count(*)::int as orders from orders')).rows[0].orders,
      ).toBeGreaterThan(0);
      // Playwright's page is the one that crashed; the new one is asked through the main process.
      const title = () =>
        alice.app.evaluate(({ BrowserWindow }) => {
          const contents = BrowserWindow.getAllWindows()[0]?.webContents;
          const asked = contents?.executeJavaScript('document.querySelector("h1")?.textContent');
          // A page that crashes while it is asked never answers.
          return Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 500))]);
        });
      await expect.poll(() => title().catch(() => undefined)).toBe('Resources');
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    } finally {
      await client.end();
    }
  });

  test('is one app: a second start hands its link over, and a link opens a place and does nothing', async ({
    desktop,
  }) => {
    const alice = await desktop('alice');
    const page = await alice.open();
    await alice.signIn();
    const { requests } = await appState(page);
    const startAgain = async (link: string) => {
      const { file, args, env } = alice.command([link]);
      const child = execFile(file, args, { env });
      await once(child, 'exit');
    };
    await startAgain('drawbridge://request/orders-db?profile=read');
    await expect(page.getByRole('dialog', { name: 'Request access to orders-db' })).toBeVisible();
    await page.keyboard.press('Escape');
    await startAgain('drawbridge://approve/req_018f0000-0000-7000-8000-000000000000');
    await expect(page.getByText('The link was not opened')).toBeVisible();
    expect((await appState(page)).requests).toEqual(requests);
  });

  test('needs no mouse', async ({ desktop }) => {
    const alice = await desktop('alice');
    const page = await alice.open();
    await alice.signIn();
    await expect(page.getByRole('heading', { name: 'Resources', level: 1 })).toBeVisible();
    await page.keyboard.press('/');
    await page.keyboard.type('orders-db');
    await expect(page.getByRole('button', { name: 'orders-staging', exact: true })).toBeHidden();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Request access to orders-db' });
    await expect(dialog.getByRole('textbox', { name: /^Reason/ })).toBeFocused();
    await page.keyboard.type('Look without a mouse');
    await page.keyboard.press('Control+Enter');
    await expect(dialog).toBeHidden();
    const asked = async () => {
      const { requests = [] } = await appState(page);
      return requests.find(({ reason, state }) => reason === 'Look without a mouse' && state === 'pending');
    };
    await expect.poll(asked).toBeDefined();
    // Others go on in this world.
    const request = await asked();
    if (request) await call(page, 'requests.cancel', { id: request.id });
    await page.keyboard.press('Control+k');
    await page.keyboard.type('settings');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
    // From the beginning of the page every control can be reached with Tab, and shows that it has the focus.
    const seen = await page.evaluate(async () => {
      const wanted = [
        ...document.querySelectorAll<HTMLElement>('main button, main input, main [tabindex="0"]'),
      ].filter((element) => element.checkVisibility() && !element.hasAttribute('disabled'));
      return wanted.length;
    });
    expect(seen).toBeGreaterThan(5);
    const reached = new Set<string>();
    for (let press = 0; press < 60; press += 1) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate(() => {
        const element = document.activeElement;
        if (!(element instanceof HTMLElement) || element === document.body) return '';
        const { outlineStyle, boxShadow } = getComputedStyle(element);
        const label = element.getAttribute('aria-label') ?? element.textContent ?? '';
        const shown = outlineStyle !== 'none' || boxShadow !== 'none' || element.tagName === 'INPUT';
        return `${shown ? '' : 'invisible '}${element.tagName} ${label.trim()}`;
      });
      reached.add(name);
    }
    expect([...reached].filter((name) => name.startsWith('invisible'))).toEqual([]);
    for (const name of ['BUTTON Resources', 'BUTTON All shortcuts', 'BUTTON Sign out'])
      expect([...reached].some((one) => one.startsWith(name))).toBe(true);
  });
});

async function granted(page: Parameters<typeof call>[0]): Promise<void> {
  const asked = await call(page, 'requests.create', { ...STAGING, duration: 1800, reason: 'Everyday work' });
  if (!asked.ok) throw new Error(asked.error.message);
  await expect.poll(async () => (await appState(page)).grants?.length).toBe(1);
}
