import { readFile } from 'node:fs/promises';
import { test, expect } from './support/test.ts';
import { appState, call } from './support/bridge.ts';
import { Desktop } from './support/desktop.ts';
test('x', async ({ world, display }) => {
  const bob = await Desktop.create({ person: 'bob', display: display.env, noBrowser: true });
  try {
    const page = await bob.open();
    console.log(await call(page, 'gateways.add', { url: world.demo.url, name: 'Shop' }));
    await page.getByRole('button', { name: 'Continue in your browser' }).click();
    await expect(page.getByRole('heading', { name: 'Finish in your browser' })).toBeVisible();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await bob.repairBrowser();
    await page.waitForTimeout(1000);
    console.log((await appState(page)).connection);
    console.log(await call(page, 'signIn.start', undefined));
    for (let i = 0; i < 12; i++) { await page.waitForTimeout(1000); console.log(JSON.stringify((await appState(page)).connection)); }
    console.log(await readFile(bob.home + '/browser.log', 'utf8').catch(String));
    console.log(await readFile(bob.home + '/browser', 'utf8').catch(String));
    await page.screenshot({path:'/tmp/d4/bob.png'});
  } finally { await bob.remove(); }
});
