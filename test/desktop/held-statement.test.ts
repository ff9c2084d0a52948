import type { Page } from '@playwright/test';
import pg from 'pg';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';
import { appState } from './support/bridge.ts';
import { Desktop } from './support/desktop.ts';
import { checkScreen } from './support/screen.ts';
import { expect, test } from './support/test.ts';

/** What a notification or the app may take to tell something that happened elsewhere, in ms. */
const AT_ONCE = 2000;

/**
 * Changes of production wait for a DBA. Each test goes on where the one before ended: Alice sits at her SQL console, and
 * Bob's window is closed until he wants to see more than his notification says.
 */
test.describe('Alice changes production and Bob looks at each statement', () => {
  test.describe.configure({ mode: 'serial' });
  let world: TestDemo;
  let alice: Desktop;
  let bob: Desktop;
  let page: Page;
  let ids: readonly string[];
  const console_ = () => page.getByRole('region', { name: 'SQL console on orders-db' });
  const held = () => console_().getByRole('region', { name: 'Held' });
  const run = async (sql: string) => {
    await page.getByRole('textbox', { name: 'SQL on orders-db' }).fill(sql);
    await page.keyboard.press('Control+Shift+Enter');
  };

  /** Takes away what was only said for a moment. */
  const clearToasts = async () => {
    const toasts = page.locator('.toast');
    await toasts.getByRole('button').evaluateAll((buttons) => {
      for (const button of buttons) if (button instanceof HTMLElement) button.click();
    });
    await expect(toasts).toHaveCount(0);
  };

  // A gateway of its own: what is granted and deleted here is in nobody else's way.
  test.beforeAll(async ({ display }) => {
    test.setTimeout(120_000);
    world = await startTestDemo();
    const options = { display: display.env, gateway: world.demo.url };
    alice = await Desktop.create({ ...options, person: 'alice' });
    bob = await Desktop.create({ ...options, person: 'bob' });
    ids = await behindTheGateway(world.demo.targetUrl('orders'), 'select id from orders order by id limit 4');
  });
  test.afterAll(async () => {
    await alice?.remove();
    await bob?.remove();
    await world?.stop();
  });

  test('Alice has write access, and Bob has closed his window', async () => {
    page = await alice.open();
    await alice.signIn();
    await bob.open();
    await bob.signIn();
    await bob.page.getByRole('button', { name: 'Close window' }).click();
    await bob.notifications.says('Drawbridge keeps running');

    await page.getByRole('button', { name: 'Request access to orders-db' }).click();
    const dialog = page.getByRole('dialog', { name: 'Request access to orders-db' });
    await dialog.getByRole('radio', { name: /write/ }).click({ force: true });
    await dialog.getByRole('textbox', { name: /^Reason/ }).fill('INC-4821: two orders were placed twice');
    await dialog.getByText('Ask for less').click();
    await dialog.getByRole('textbox', { name: 'Only these tables' }).fill('public.*');
    await checkScreen(page, 'request-scope');
    await dialog.getByRole('button', { name: 'Send request' }).click();
    await expect(dialog).toBeHidden();
    const asked = await bob.notifications.says('Alice asks for orders-db, write', AT_ONCE);
    bob.notifications.press(asked, 'Approve');
    const approved = await alice.notifications.says('Approved: orders-db, write', AT_ONCE);
    alice.notifications.press(approved, 'Connect');
    await expect(console_().getByText('Recording', { exact: true })).toBeVisible();
  });

  test('her DELETE waits, and says for whom and how long', async () => {
    await clearToasts();
    await run(`delete from orders where id = ${ids[0]}`);
    await expect(held()).toContainText('Waits for');
    await expect(held()).toContainText('dba');
    await expect(held()).toContainText('Nothing has reached orders-db');
    await expect(held().getByRole('timer')).toContainText(/Fails in \d:\d\d/);
    await checkScreen(page, 'sql-held');
    expect(await exists(world.demo.targetUrl('orders'), ids[0])).toBe(true);
  });

  test('Bob reads it in his notification and approves there; it runs', async () => {
    const notification = await bob.notifications.says('A statement is held on orders-db', AT_ONCE);
    expect(notification.body).toContain(`delete from orders where id = ${ids[0]}`);
    expect([...notification.actions.values()]).toEqual(expect.arrayContaining(['Approve', 'Deny', 'Open']));
    bob.notifications.press(notification, 'Approve');
    await bob.notifications.says('You approved a statement on orders-db', AT_ONCE);
    await expect(
      console_()
        .getByText(/1 row deleted/)
        .first(),
    ).toBeVisible({ timeout: AT_ONCE });
    await expect(held()).toBeHidden();
    expect(await exists(world.demo.targetUrl('orders'), ids[0])).toBe(false);
    await alice.notifications.says('Approved: a statement on orders-db', AT_ONCE);
  });

  test('what a notification can’t show whole is only opened there, and denied with a reason', async () => {
    await run(`delete from orders -- all of them?\nwhere id = ${ids[1]}`);
    await expect(held()).toBeVisible();
    // The one before was taken away when it was decided.
    const notification = await bob.notifications.says('all of them?', AT_ONCE);
    expect([...notification.actions.values()]).not.toContain('Approve');
    bob.notifications.press(notification, 'Open to decide');
    const bobs = bob.page;
    const detail = bobs.getByRole('region', { name: 'Alice Moreau wants to run one statement on orders-db' });
    await expect(detail).toContainText('Held before it reached the database');
    await expect(detail).toContainText('INC-4821: two orders were placed twice');
    await expect(detail).toContainText('public.orders');
    await expect(detail).toContainText('Has a WHERE');
    await expect(detail).toContainText('changes-of-production-are-looked-at');
    await checkScreen(bobs, 'approvals-statement');
    await bobs.keyboard.press('d');
    await bobs
      .getByRole('textbox', { name: 'Why not, and what to do instead' })
      .fill('Cancel it in the shop.');
    await bobs.keyboard.press('Control+Enter');

    const refused = console_().getByRole('region', { name: 'Refused' });
    await expect(refused).toContainText('Not run: Bob Okafor denied it', { timeout: AT_ONCE });
    await expect(refused).toContainText('Cancel it in the shop.');
    await expect(refused).toContainText('42501');
    await checkScreen(page, 'sql-denied');
    expect(await exists(world.demo.targetUrl('orders'), ids[1])).toBe(true);
    const told = await alice.notifications.says('Denied: a statement on orders-db', AT_ONCE);
    expect(told.body).toContain('Cancel it in the shop.');
  });

  test('she withdraws one, and the connection lives on', async () => {
    await run(`delete from orders where id = ${ids[2]}`);
    await expect(held()).toBeVisible();
    await held().getByRole('button', { name: 'Withdraw' }).click();
    await expect(held()).toBeHidden({ timeout: AT_ONCE });
    await expect(
      console_()
        .getByText(/Cancelled/)
        .first(),
    ).toBeVisible();
    await run('select 42 as answer');
    await expect(console_().getByRole('grid')).toContainText('42');
  });

  test('what can’t wait runs at once with a written reason, and stands in red where others see it', async () => {
    await run(`delete from orders where id = ${ids[3]}`);
    await expect(held()).toBeVisible();
    await held().getByRole('button', { name: 'Break the glass…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Break the glass on orders-db' });
    await expect(dialog).toContainText('security');
    await expect(dialog.getByRole('button', { name: /^Break the glass/ })).toBeDisabled();
    await dialog.getByRole('textbox', { name: 'Why it can’t wait' }).fill('The shop is selling it twice');
    await checkScreen(page, 'break-glass');
    await dialog.getByRole('button', { name: /^Break the glass/ }).click();
    await expect(held()).toBeHidden({ timeout: AT_ONCE });
    await expect.poll(() => exists(world.demo.targetUrl('orders'), ids[3]), { timeout: AT_ONCE }).toBe(false);
    await bob.page.getByRole('button', { name: /Alice Moreau.*Broken glass/ }).click();
    await expect(bob.page.getByRole('note')).toContainText('The shop is selling it twice');
  });

  test('more time is asked for and given while she works', async () => {
    const before = (await appState(page)).grants?.find(({ state }) => state === 'active');
    await page.getByRole('button', { name: 'Sidebar' }).click();
    await page.getByRole('button', { name: /^My access/ }).click();
    await clearToasts();
    await page.getByRole('button', { name: 'Extend access to orders-db' }).click();
    const dialog = page.getByRole('dialog', { name: 'More time on orders-db' });
    await dialog.getByRole('textbox', { name: /^Reason/ }).fill('INC-4821: one more order');
    await checkScreen(page, 'access-extend');
    await dialog.getByRole('button', { name: 'Ask for more time' }).click();
    await expect(page.getByText(/30 min more: waiting for dba/)).toBeVisible();
    const asked = await bob.notifications.says('Alice asks for more time on orders-db, write', AT_ONCE);
    bob.notifications.press(asked, 'Approve');
    await expect(page.getByText(/Prolonged at/)).toBeVisible({ timeout: AT_ONCE });
    const after = (await appState(page)).grants?.find(({ state }) => state === 'active');
    expect(after?.id).toBe(before?.id);
    expect(Date.parse(after?.expiresAt ?? '')).toBeGreaterThan(Date.parse(before?.expiresAt ?? ''));
    await page.getByRole('button', { name: /^Production orders-db/ }).click();
    await run('select 43 as answer');
    await expect(console_().getByRole('grid')).toContainText('43');
  });

  test('the recording shows what was held, who decided and what was refused', async () => {
    await console_().getByRole('button', { name: 'End session' }).click();
    await expect(console_().getByText('Session ended')).toBeVisible();
    await page.getByRole('button', { name: 'Recordings', exact: true }).click();
    await page
      .getByRole('list', { name: 'Sessions' })
      .getByRole('button')
      .filter({ hasText: 'orders-db' })
      .first()
      .click();
    const recording = page.getByRole('region', { name: 'Recording of orders-db' });
    const timeline = recording.getByRole('listbox', { name: 'What happened' });
    await expect(timeline).toContainText('Approved once by Bob Okafor');
    await expect(timeline).toContainText('Denied by Bob Okafor');
    await expect(timeline).toContainText('Withdrawn before anybody decided');
    await expect(timeline).toContainText('The glass was broken');
    await recording.getByRole('button', { name: 'Next mark' }).click();
    await clearToasts();
    await checkScreen(page, 'recording-held');
  });
});

/** The first column of what a query gives, asked behind the gateway's back. */
async function behindTheGateway(connectionString: string, sql: string): Promise<string[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows.map(([value]) => String(value));
  } finally {
    await client.end();
  }
}

const exists = async (url: string, id: string | undefined): Promise<boolean> =>
  (await behindTheGateway(url, `select 1 from orders where id = ${Number(id)}`)).length === 1;
