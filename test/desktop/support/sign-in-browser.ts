import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';

/**
 * What the tests name in `DRAWBRIDGE_BROWSER`: a real Chromium that opens the address which the app asks for, in which
 * somebody picks `--person` of the people whom the identity provider knows, and presses what there is to press.
 */
const { values, positionals } = parseArgs({
  options: { person: { type: 'string' } },
  allowPositionals: true,
});
const [url] = positionals;
if (url === undefined || values.person === undefined)
  throw new Error('usage: sign-in-browser.ts --person NAME URL');

const system = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const browser = await chromium.launch({
  ...(system === undefined ? {} : { executablePath: system }),
  // Chromium's own sandbox doesn't work for root.
  ...(process.getuid?.() === 0 ? { args: ['--no-sandbox'] } : {}),
  timeout: 30_000,
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(url);
  // A sign-in is a few pages: who are you, may this client. It is over where there is nothing to press any more.
  for (let step = 0; step < 6; step += 1) {
    const own = page.locator(`form button[name=person][value="${values.person}"]`);
    const any = page.locator('form button').first();
    const button = (await own.count()) > 0 ? own : any;
    if ((await button.count()) === 0) break;
    const before = page.url();
    await button.click();
    await page.waitForURL((now) => now.href !== before);
  }
} finally {
  await browser.close();
}
