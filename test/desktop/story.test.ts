import type { Page } from '@playwright/test';
import pg from 'pg';
import type { Person } from '../../demo/person.ts';
import { appState } from './support/bridge.ts';
import { Desktop } from './support/desktop.ts';
import { expect, test } from './support/test.ts';

/** What a notification or the app may take to tell something that happened elsewhere, in ms. */
const AT_ONCE = 2000;
const CUSTOMERS = 'select id, full_name, email, phone, ssn from customers order by id limit 5';

/**
 * The main job, from beginning to end, each test going on where the one before ended: Alice and Bob sit at computers of
 * their own, and Bob's window is closed all along.
 */
test.describe('Alice gets to production and Bob lets her', () => {
  test.describe.configure({ mode: 'serial' });
  let alice: Desktop;
  let bob: Desktop;
  let bobsShell: Person;
  let page: Page;
  const console_ = () => page.getByRole('region', { name: 'SQL console on orders-db' });
  const editor = () => page.getByRole('textbox', { name: 'SQL on orders-db' });
  const run = async (sql: string) => {
    await editor().fill(sql);
    await page.keyboard.press('Control+Shift+Enter');
  };

  test.beforeAll(async ({ world, display }) => {
    const options = { display: display.env, gateway: world.demo.url };
    alice = await Desktop.create({ ...options, person: 'alice' });
    bob = await Desktop.create({ ...options, person: 'bob' });
  });
  test.afterAll(async () => {
    await alice?.remove();
    await bob?.remove();
  });

  test('both sign in with their browsers', async ({ world }) => {
    page = await alice.open();
    await page.getByRole('button', { name: 'Continue in your browser' }).click();
    await expect(page.getByRole('heading', { name: 'Resources', level: 1 })).toBeVisible({
      timeout: 30_000,
    });
    await expect(page.getByRole('button', { name: /^Alice Moreau/ })).toBeVisible();
    const bobs = await bob.open();
    await bobs.getByRole('button', { name: 'Continue in your browser' }).click();
    await expect(bobs.getByRole('button', { name: /^Bob Okafor/ })).toBeVisible({ timeout: 30_000 });
    bobsShell = await world.signIn('bob');
  });

  test('closing the window leaves the app running, which says so', async () => {
    await bob.page.getByRole('button', { name: 'Close window' }).click();
    await bob.notifications.says('Drawbridge keeps running');
    expect(await isVisible(bob)).toBe(false);
  });

  test('Alice asks; the dialog says beforehand who has to agree', async () => {
    await page.getByRole('button', { name: 'Request access to orders-db' }).click();
    const dialog = page.getByRole('dialog', { name: 'Request access to orders-db' });
    await expect(dialog).toContainText('dba');
    await dialog.getByRole('radio', { name: /read/ }).click({ force: true });
    await expect(dialog.getByRole('radio', { name: /read/ })).toBeChecked();
    await dialog.getByRole('radio', { name: '30 min' }).click({ force: true });
    await expect(dialog.getByRole('radio', { name: '30 min' })).toBeChecked();
    await dialog.getByRole('textbox', { name: /^Reason/ }).fill('Refund for order 6001');
    await dialog.getByRole('button', { name: 'Send request' }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByText(/Waiting for .*dba/).first()).toBeVisible();
  });

  test('Bob is notified and approves there, without his window', async () => {
    const notification = await bob.notifications.says('Alice asks for orders-db, read', AT_ONCE);
    expect(notification.body).toContain('Refund for order 6001');
    expect([...notification.actions.values()]).toEqual(expect.arrayContaining(['Approve', 'Deny', 'Open']));
    bob.notifications.press(notification, 'Approve');
    await bob.notifications.says('You approved orders-db, read', AT_ONCE);
    expect(await isVisible(bob)).toBe(false);
  });

  test('Alice is told the same way, and one press takes her to a prompt', async () => {
    const notification = await alice.notifications.says('Approved: orders-db, read', AT_ONCE);
    alice.notifications.press(notification, 'Connect');
    await expect(console_()).toBeVisible();
    await expect(console_().getByText('Recording', { exact: true })).toBeVisible();
    await expect(editor()).toBeVisible();
  });

  test('she sees who it is about, and no personal data', async ({ world }) => {
    await run(CUSTOMERS);
    const grid = console_().getByRole('grid');
    await expect(grid).toHaveAttribute('aria-rowcount', '6');
    const real = await personalData(world.demo.targetUrl('orders'));
    for (const name of real.names) await expect(grid).toContainText(name);
    const shown = (await page.locator('body').textContent()) ?? '';
    expect(real.secrets.filter((secret) => shown.includes(secret))).toEqual([]);
    const mask = grid
      .getByRole('columnheader')
      .filter({ hasText: 'ssn' })
      .getByRole('img', { name: 'Masked by customer-pii' });
    await expect(mask).toBeVisible();
    await grid.getByRole('gridcell').filter({ hasText: /@/ }).first().hover();
    await expect(page.getByRole('tooltip')).toContainText('Masked by customer-pii');
  });

  test('what she copies is masked too', async ({ world }) => {
    await console_().getByRole('button', { name: 'Copy as' }).click();
    await page.getByRole('menuitem', { name: 'CSV' }).click();
    const copied = () => alice.app.evaluate(({ clipboard }) => clipboard.readText());
    await expect.poll(copied).toContain('id,full_name,email,phone,ssn');
    const text = await copied();
    const real = await personalData(world.demo.targetUrl('orders'));
    expect(real.names.every((name) => text.includes(name))).toBe(true);
    expect(real.secrets.filter((secret) => text.includes(secret))).toEqual([]);
    expect(text.trim().split('\n')).toHaveLength(6);
  });

  test('what the grant does not cover is refused, with the reason, and never runs', async ({ world }) => {
    await run('delete from orders where id = 6001');
    const refused = console_().getByRole('region', { name: 'Refused' });
    await expect(refused).toContainText('Nothing reached orders-db');
    await expect(refused).toContainText('sql.write');
    const client = new pg.Client({ connectionString: world.demo.targetUrl('orders') });
    await client.connect();
    const { rowCount } = await client.query('select 1 from orders where id = 6001');
    await client.end();
    expect(rowCount).toBe(1);
  });

  test('a statement that runs too long can be cancelled', async () => {
    await run('select pg_sleep(60)');
    await console_()
      .getByRole('button', { name: /^Cancel/ })
      .click();
    await expect(console_().getByText(/Cancelled in/)).toBeVisible({ timeout: AT_ONCE });
  });

  test('quitting says what it closes; the next start has its tabs, port and gateway', async ({ world }) => {
    const before = await appState(page);
    const [tunnel] = before.tunnels;
    expect(tunnel).toMatchObject({ resource: 'orders-db', profile: 'read', host: '127.0.0.1' });
    await editor().fill(CUSTOMERS);
    await expect.poll(async () => JSON.stringify((await appState(page)).tabs.open)).toContain('full_name');
    await alice.app.evaluate(({ app }) => app.quit());
    const question = page.getByRole('dialog');
    await expect(question).toContainText('orders-db');
    await expect(question).toContainText('Production');
    await question.getByRole('button', { name: 'Quit' }).click();
    await alice.quitted();

    page = await alice.open({ withGateway: false });
    await expect
      .poll(async () => (await appState(page)).gateways.map(({ url }) => url))
      .toEqual([world.demo.url]);
    // There is no keyring here: sign-ins are kept in memory only, and the app says so.
    expect((await appState(page)).app.vault.persistent).toBe(false);
    await expect(page.locator('body')).toContainText(/keyring|memory/i);
    await page.getByRole('button', { name: 'Continue in your browser' }).click();
    await page.getByRole('button', { name: 'Open it again' }).click({ timeout: 30_000 });
    await page
      .getByRole('button', { name: /orders-db/ })
      .first()
      .click();
    await expect(editor()).toContainText('full_name');
    await expect(console_().getByText('Recording', { exact: true })).toBeVisible();
    const after = await appState(page);
    expect(after.tunnels.map(({ port }) => port)).toEqual([tunnel?.port]);
  });

  test('a session that is over can be read as she saw it, and its seal verified', async ({ world }) => {
    await console_().getByRole('button', { name: 'End session' }).click();
    await expect(console_().getByText('Session ended')).toBeVisible();
    await page.getByRole('button', { name: 'Sidebar' }).click();
    await page.getByRole('button', { name: 'Recordings', exact: true }).click();
    const sessions = page.getByRole('list', { name: 'Sessions' });
    // Newest first: the last is that of before the restart, in which everything happened.
    await sessions.getByRole('button').filter({ hasText: 'orders-db' }).last().click();
    const recording = page.getByRole('region', { name: 'Recording of orders-db' });
    const timeline = recording.getByRole('listbox', { name: 'What happened' });
    await timeline.getByRole('option').filter({ hasText: 'full_name' }).first().click();
    const real = await personalData(world.demo.targetUrl('orders'));
    const event = recording.getByRole('region', { name: 'Selected event' });
    for (const name of real.names) await expect(event).toContainText(name);
    const shown = (await recording.textContent()) ?? '';
    expect(real.secrets.filter((secret) => shown.includes(secret))).toEqual([]);
    await expect(timeline).toContainText('delete from orders');
    await recording.getByRole('button', { name: /Verify/ }).click();
    await expect(recording.getByText(/Verified/)).toBeVisible();
    await page.getByRole('button', { name: /^Production orders-db/ }).click();
    await console_().getByRole('button', { name: 'Connect again' }).click();
    await expect(console_().getByText('Recording', { exact: true })).toBeVisible();
  });

  test('a grant that is taken back while a query runs ends it at once, and the app says why', async ({
    world,
  }) => {
    await run('select pg_sleep(60)');
    await expect(console_().getByRole('button', { name: /^Cancel/ })).toBeVisible();
    const grant = (await appState(page)).grants?.find(({ state }) => state === 'active');
    expect(grant).toBeDefined();
    const revoked = await bobsShell.drawbridge(['revoke', grant?.id ?? '', '--reason', 'the refund is done']);
    expect(revoked.stderr).toBe('');
    const since = performance.now();
    await expect(console_().getByRole('alert')).toContainText(/ended|revoked/i, { timeout: AT_ONCE });
    expect(performance.now() - since).toBeLessThan(1000);
    const notification = await alice.notifications.says('Ended: orders-db, read', AT_ONCE);
    expect(notification.body).toContain('the refund is done');
    expect(world.log.some((line) => line.includes('revoked') || line.includes('revoke'))).toBe(true);
  });
});

const isVisible = (desktop: Desktop): Promise<boolean> =>
  desktop.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().some((window) => window.isVisible()),
  );

/** What the query would show without the gateway, asked behind its back. */
async function personalData(connectionString: string): Promise<{ names: string[]; secrets: string[] }> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ full_name: string; email: string; phone: string; ssn: string }>(
      CUSTOMERS,
    );
    return {
      names: rows.map((row) => row.full_name),
      secrets: rows.flatMap((row) => [row.email, row.phone, row.ssn]),
    };
  } finally {
    await client.end();
  }
}
