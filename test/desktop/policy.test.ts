import type { Page } from '@playwright/test';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';
import { Desktop } from './support/desktop.ts';
import { checkScreen } from './support/screen.ts';
import { expect, test } from './support/test.ts';

/** What policy says, in the app: to an auditor about everybody, to an engineer about herself. */
test.describe('the policy page', () => {
  test.describe.configure({ mode: 'serial' });
  let world: TestDemo;
  let carol: Desktop;
  let alice: Desktop;

  test.beforeAll(async ({ display }) => {
    test.setTimeout(120_000);
    world = await startTestDemo();
    // Asked about by name, so she has to have been here.
    await world.signIn('alice');
    carol = await Desktop.create({ person: 'carol', display: display.env, gateway: world.demo.url });
    alice = await Desktop.create({ person: 'alice', display: display.env, gateway: world.demo.url });
  });
  test.afterAll(async () => {
    await carol?.remove();
    await alice?.remove();
    await world?.stop();
  });

  async function policyPage(desktop: Desktop): Promise<Page> {
    const page = await desktop.open();
    await desktop.signIn();
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('button', { name: 'Policy' }).click();
    await expect(page.getByRole('heading', { name: 'Policy', level: 1 })).toBeVisible();
    return page;
  }

  test('tells an auditor what Alice could do, and why', async () => {
    const page = await policyPage(carol);
    await page.getByRole('button', { name: 'Person: you' }).click();
    await page.getByRole('menuitem', { name: /^Alice/ }).click();
    await page.getByRole('button', { name: /^Resource:/ }).click();
    await page.getByRole('menuitem', { name: 'orders-db' }).click();
    const read = page.getByRole('region', { name: 'Profile read' });
    await expect(read.getByRole('listitem').first()).toContainText('One of dba has to approve');
    await expect(read.getByRole('listitem').first()).toContainText('production-needs-a-dba');
    await expect(page.getByText('alice is in engineering')).toBeVisible();

    const attempt = page.getByRole('region', { name: 'Try it' });
    await attempt.getByRole('textbox', { name: 'Statement' }).fill('delete from orders where id = 6001');
    await attempt.getByText('write', { exact: true }).click();
    await attempt.getByRole('button', { name: 'Ask policy' }).click();
    const answer = attempt.getByRole('list', { name: 'Answer' });
    await expect(answer).toContainText('changes-of-production-are-looked-at');
    await expect(answer).toContainText('One of dba has to approve');
    await checkScreen(page, 'policy');
  });

  test('shows the policies behind it, and which can apply to a resource', async () => {
    const { page } = carol;
    await page.getByText('Policies', { exact: true }).click();
    const list = page.getByRole('list', { name: 'Policies' });
    await list.getByRole('button', { name: /^production-needs-a-dba/ }).click();
    const detail = page.getByRole('region', { name: 'Policy production-needs-a-dba' });
    await expect(detail).toContainText('unless { context.approved }');
    await expect(detail).toContainText('orders-db');
    await checkScreen(page, 'policies');
    await page.getByRole('button', { name: 'Any resource' }).click();
    await page.getByRole('menuitem', { name: 'orders-staging' }).click();
    await expect(list.getByRole('button', { name: /^engineering-uses-staging/ })).toBeVisible();
    await expect(list.getByRole('button', { name: /^production-needs-a-dba/ })).toHaveCount(0);
  });

  test('answers an engineer about herself alone', async () => {
    const page = await policyPage(alice);
    await expect(page.getByText('What you may do, and why')).toBeVisible();
    await expect(page.getByRole('region', { name: 'Profile shell' })).toBeVisible();
    await expect(page.getByRole('button', { name: /^Person:/ })).toHaveCount(0);
    await expect(page.getByText('Policies', { exact: true })).toHaveCount(0);
  });
});
