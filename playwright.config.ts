import { defineConfig } from '@playwright/test';

/**
 * End-to-end tests of the packed desktop app, run by `npm test` (which packs it first). One worker: each test drives
 * several apps, a gateway and a browser, and what it measures should not be somebody else's load.
 */
export default defineConfig({
  testDir: 'test/desktop',
  globalSetup: './test/desktop/support/pack-once.ts',
  outputDir: 'test-results/desktop',
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  // A test that fails once has failed.
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
});
