import type { Page } from '@playwright/test';
import { z } from 'zod';
import type { Person } from '../../demo/person.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';
import { appState, call } from './support/bridge.ts';
import { Desktop } from './support/desktop.ts';
import { checkScreen } from './support/screen.ts';
import { expect, test } from './support/test.ts';

const ORDERS = `-- Refund 6001: what the customer ordered
select o.id, o.status, o.placed_at, c.full_name, c.email, c.phone, c.ssn
from orders o join customers c on c.id = o.customer_id
order by o.placed_at desc limit 200`;

/** Each screen as somebody at work would see it, in both themes: can be used by everybody, and is there to be looked at. */
test.describe('the screens', () => {
  test.describe.configure({ mode: 'serial' });
  let world: TestDemo;
  let alice: Desktop;
  let bob: Desktop;
  let shell: { alice: Person; bob: Person };
  let page: Page;
  let bobs: Page;

  test.beforeAll(async ({ display }) => {
    test.setTimeout(120_000);
    world = await startTestDemo();
    shell = { alice: await world.signIn('alice'), bob: await world.signIn('bob') };
    alice = await Desktop.create({ person: 'alice', display: display.env });
    bob = await Desktop.create({ person: 'bob', display: display.env, noBrowser: true });
  });
  test.afterAll(async () => {
    await alice?.remove();
    await bob?.remove();
    await world?.stop();
  });

  const go = (to: Page, name: string) =>
    to.getByRole('navigation', { name: 'Pages' }).getByRole('button', { name }).click();
  const ask = async (resource: string, minutes: string, reason: string): Promise<string> => {
    const words = ['request', resource, '--profile', 'read', '--for', minutes, '--reason', reason, '--json'];
    const { stdout, stderr } = await shell.alice.drawbridge(words);
    expect(stderr).toBe('');
    return z.object({ id: z.string() }).parse(JSON.parse(stdout)).id;
  };

  test('first start', async () => {
    page = await alice.open();
    await expect(page.getByRole('heading', { name: 'Connect to your gateway' })).toBeVisible();
    await checkScreen(page, 'first-start');
  });

  test('signing in', async () => {
    await call(page, 'gateways.add', { url: world.demo.url, name: 'Shop' });
    await expect(page.getByRole('heading', { name: 'Sign in to Shop' })).toBeVisible();
    await checkScreen(page, 'sign-in');
    // Bob's browser opens nothing.
    bobs = await bob.open();
    await call(bobs, 'gateways.add', { url: world.demo.url, name: 'Shop' });
    await bobs.getByRole('button', { name: 'Continue in your browser' }).click();
    await expect(bobs.getByRole('heading', { name: 'Finish in your browser' })).toBeVisible();
    await checkScreen(bobs, 'signing-in');
    await bobs.getByRole('button', { name: 'Cancel' }).click();
    await bob.repairBrowser();
    await alice.signIn();
    await bob.signIn();
  });

  test('requesting access', async () => {
    await page.getByRole('button', { name: 'Request access to orders-db' }).click();
    const dialog = page.getByRole('dialog', { name: 'Request access to orders-db' });
    await dialog
      .getByRole('textbox', { name: /^Reason/ })
      .fill('Refund for order 6001: the customer was charged twice');
    await checkScreen(page, 'request');
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  });

  test('approvals', async () => {
    const first = await ask('orders-db', '30m', 'Check why order 5990 was shipped twice');
    expect((await shell.bob.drawbridge(['approve', first])).status).toBe(0);
    const grants = z.object({ grants: z.array(z.object({ id: z.string() })) });
    const { stdout } = await shell.alice.drawbridge(['grants', '--json']);
    const grant = grants.parse(JSON.parse(stdout)).grants[0]?.id ?? '';
    await shell.alice.drawbridge([
      'connect',
      'orders-db',
      '--',
      'psql',
      '-X',
      '-c',
      'select id, status from orders order by id limit 3',
    ]);
    expect((await shell.bob.drawbridge(['revoke', grant, '--reason', 'done'])).status).toBe(0);
    await ask('orders-db', '45m', 'Refund for order 6001: the customer was charged twice');
    await go(bobs, 'Approvals');
    await expect(
      bobs.getByRole('heading', { name: /Alice Moreau asks for read on orders-db/ }),
    ).toBeVisible();
    await checkScreen(bobs, 'approvals');
  });

  test('resources', async () => {
    await ask('orders-staging', '2h', 'Try the refund on staging first');
    await go(page, 'Resources');
    await page.getByRole('button', { name: 'orders-db', exact: true }).first().click();
    // The pointer over a line shows what can be done there; elsewhere it shows the state.
    await page.mouse.move(600, 600);
    await expect(page.getByText(/Waiting for .*dba/).first()).toBeVisible();
    await checkScreen(page, 'resources');
    await page.getByRole('radio', { name: 'Cards' }).click({ force: true });
    await expect(page.getByRole('radio', { name: 'Cards' })).toBeChecked();
    await checkScreen(page, 'resources-cards');
    await page.getByRole('radio', { name: 'List' }).click({ force: true });
    await expect(page.getByRole('radio', { name: 'List' })).toBeChecked();
  });

  test('a SQL console', async () => {
    const { requests = [] } = await appState(page);
    const pending = requests.find(({ state }) => state === 'pending');
    expect((await shell.bob.drawbridge(['approve', pending?.id ?? ''])).status).toBe(0);
    await page.getByRole('button', { name: /^Connect to orders-db/ }).click();
    const editor = page.getByRole('textbox', { name: 'SQL on orders-db' });
    await editor.fill(ORDERS);
    await expect(page.getByRole('button', { name: /^Run all/ })).toBeEnabled();
    await page.keyboard.press('Control+Shift+Enter');
    await expect(page.getByRole('grid')).toHaveAttribute('aria-rowcount', '201');
    await page.getByRole('gridcell').filter({ hasText: '@' }).nth(3).click();
    await checkScreen(page, 'sql');
  });

  test('a refused statement', async () => {
    await page.getByRole('textbox', { name: 'SQL on orders-db' }).fill('delete from orders where id = 6001');
    await page.keyboard.press('Control+Shift+Enter');
    await expect(page.getByRole('region', { name: 'Refused' })).toBeVisible();
    await checkScreen(page, 'sql-refused');
  });

  test('a query plan', async () => {
    await page
      .getByRole('textbox', { name: 'SQL on orders-db' })
      .fill('select status, count(*) from orders group by status');
    await page.getByRole('button', { name: 'Explain' }).click();
    await expect(page.getByRole('tabpanel', { name: /Plan/ })).toContainText(/Seq Scan|Aggregate|Scan/);
    await checkScreen(page, 'sql-plan');
  });

  test('a connection card', async () => {
    await go(page, 'Resources');
    await page.getByRole('button', { name: 'orders-db', exact: true }).first().click();
    await expect(page.getByRole('complementary', { name: 'About orders-db' })).toContainText('127.0.0.1');
    await checkScreen(page, 'connection');
    await page
      .getByRole('complementary', { name: 'About orders-db' })
      .getByRole('button', { name: 'Card' })
      .click();
    await expect(page.getByRole('button', { name: 'Open SQL console' })).toBeVisible();
    await checkScreen(page, 'connection-card');
    await page.keyboard.press('Control+w');
  });

  test('my access', async () => {
    await go(page, 'My access');
    await expect(page.getByRole('heading', { name: 'My access', level: 1 })).toBeVisible();
    await checkScreen(page, 'access');
  });

  test('recordings', async () => {
    await go(page, 'Recordings');
    await expect(page.getByRole('heading', { name: 'Recordings', level: 1 })).toBeVisible();
    await expect(page.getByRole('main')).toContainText('orders-db');
    await checkScreen(page, 'recordings');
    await page.getByRole('list', { name: 'Sessions' }).getByRole('button').first().click();
    const recording = page.getByRole('region', { name: 'Recording of orders-db' });
    const timeline = recording.getByRole('listbox', { name: 'What happened' });
    await timeline.getByRole('option').filter({ hasText: 'full_name' }).first().click();
    await checkScreen(page, 'recording');
  });

  test('settings', async () => {
    await go(page, 'Settings');
    await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
    await checkScreen(page, 'settings');
  });

  test('the command palette and the list of shortcuts', async () => {
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('combobox', { name: 'Go to anything' })).toBeFocused();
    await checkScreen(page, 'palette');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Settings', level: 1 }).click();
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog')).toBeVisible();
    await checkScreen(page, 'shortcuts');
    await page.keyboard.press('Escape');
  });

  test('the question before quitting', async () => {
    await alice.app.evaluate(({ app }) => app.quit());
    await expect(page.getByRole('dialog')).toContainText('orders-db');
    await checkScreen(page, 'quit');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  });

  test('a gateway out of reach', async () => {
    await go(page, 'Resources');
    await world.demo.stop();
    await expect
      .poll(async () => (await appState(page)).connection.status, { timeout: 30_000 })
      .toBe('offline');
    await checkScreen(page, 'offline');
  });
});
