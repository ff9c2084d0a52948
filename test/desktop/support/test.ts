import { test as base } from '@playwright/test';
import { startTestDemo, type TestDemo } from '../../support/test-demo.ts';
import { Desktop } from './desktop.ts';
import { startVirtualDisplay, type VirtualDisplay } from './virtual-display.ts';

interface WorkerFixtures {
  readonly display: VirtualDisplay;
  /** A gateway with the demo's people and resources, shared by the tests of a file's worker. */
  readonly world: TestDemo;
}

interface TestFixtures {
  /** Sets up a person's computer whose app knows the gateway; `open` starts the app. Gone after the test. */
  readonly desktop: (person: string) => Promise<Desktop>;
}

export { expect } from '@playwright/test';

export const test = base.extend<TestFixtures, WorkerFixtures>({
  display: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright finds a fixture's needs in its first parameter's pattern
    async ({}, use) => {
      const display = await startVirtualDisplay();
      await use(display);
      await display.stop();
    },
    { scope: 'worker' },
  ],
  world: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => {
      const world = await startTestDemo();
      await use(world);
      await world.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  desktop: async ({ display, world }, use) => {
    const desktops: Desktop[] = [];
    await use(async (person) => {
      const desktop = await Desktop.create({ person, display: display.env, gateway: world.demo.url });
      desktops.push(desktop);
      return desktop;
    });
    for (const desktop of desktops) await desktop.remove();
  },
});
