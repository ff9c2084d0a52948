import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { root } from '../../../scripts/root.ts';
import { call } from './bridge.ts';

/** Success criteria of WCAG 2.2, levels A and AA, as axe-core tags its rules. */
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const THEMES = ['light', 'dark'] as const;

/** With `npm run screenshots` the pictures of the documentation are made anew; else they go with the test's results. */
const pictures = process.env.DRAWBRIDGE_SCREENSHOTS === 'docs' ? join(root, 'docs/screenshots') : undefined;

/** Takes a picture of what is on the screen in both themes, and has axe-core look for what somebody could not use. */
export async function checkScreen(page: Page, name: string): Promise<void> {
  for (const theme of THEMES) {
    const answer = await call(page, 'settings.set', { theme });
    expect(answer.ok).toBe(true);
    await expect(page.locator(`html[data-theme=${theme}]`)).toBeAttached();
    // Fades are over, and fonts are there.
    await page.evaluate(async () => {
      await document.fonts.ready;
      await Promise.all(
        document.getAnimations().map((animation) => animation.finished.catch(() => undefined)),
      );
    });
    const file = `${name}-${theme}.png`;
    const path = pictures === undefined ? test.info().outputPath(file) : join(pictures, file);
    await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
    // Electron has no other page in which axe could gather results of frames; there are no frames.
    const { violations, passes } = await new AxeBuilder({ page })
      .setLegacyMode(true)
      .withTags(WCAG)
      .analyze();
    expect(passes.length).toBeGreaterThan(5);
    const found = violations.flatMap(({ id, help, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) => `${theme} ${id} (${help}): ${target.join(' ')} ${failureSummary}`,
      ),
    );
    expect.soft(found, `${name}, ${theme}`).toEqual([]);
  }
}
