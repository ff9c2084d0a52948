import { defineConfig } from 'vitest/config';

/** Unit tests stand beside the code; `test/` holds what crosses rooms and needs real servers (`npm run build` first). */
export default defineConfig({
  test: {
    globalSetup: ['./test/support/database-setup.ts'],
    projects: [
      {
        resolve: { conditions: ['source'] },
        ssr: { resolve: { conditions: ['source'] } },
        test: {
          name: 'unit',
          include: ['{contract,gateway,gateway-client,main,renderer,demo,scripts}/**/*.test.ts'],
          exclude: ['**/dist/**', '**/node_modules/**'],
          // Limits on a machine that is busy with everything else at the same time, not measures of speed.
          testTimeout: 20_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 10_000 } },
        },
      },
      {
        resolve: { conditions: ['source'] },
        ssr: { resolve: { conditions: ['source'] } },
        test: {
          name: 'acceptance',
          include: ['test/**/*.test.ts'],
          exclude: ['test/desktop/**', 'test/deadlines/**'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          expect: { poll: { timeout: 20_000 } },
        },
      },
      {
        resolve: { conditions: ['source'] },
        ssr: { resolve: { conditions: ['source'] } },
        test: {
          // What CONTROLS promise within a second is not measured while other tests have the processor.
          name: 'deadlines',
          include: ['test/deadlines/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          expect: { poll: { timeout: 20_000 } },
        },
      },
    ],
  },
});
