import { test } from './support/test.ts';
import { signIn } from './support/bridge.ts';
test('look', async ({ desktop }) => {
  const alice = await desktop('alice');
  const page = await alice.open();
  page.on('console', (m) => console.log('CONSOLE', m.type(), m.text()));
  page.on('pageerror', (m) => console.log('ERROR', m.message));
  await page.waitForTimeout(1500);
  console.log(await page.evaluate(() => [innerWidth, innerHeight, devicePixelRatio]));
  await page.screenshot({ path: '/tmp/d4/1.png' });
  await signIn(page);
  await page.waitForTimeout(500);
  await page.screenshot({ path: '/tmp/d4/2.png' });
  console.log(await page.locator('body').ariaSnapshot());
});
