import { z } from 'zod';
import type { Totals } from './vitest-totals.ts';

const Report = z.object({
  errors: z.array(z.unknown()),
  stats: z.object({
    expected: z.int(),
    unexpected: z.int(),
    flaky: z.int(),
    skipped: z.int(),
  }),
});

/**
 * Reads Playwright's JSON report. A test that passed only when repeated has failed; so has what went wrong outside a
 * test (a file that could not be loaded, a fixture that broke at its end), a crash, and a run without a single test.
 */
export function playwrightTotals(report: string | undefined, exitStatus: number): Totals {
  const parsed = parse(report);
  if (!parsed) return { passed: 0, failed: 1, skipped: 0 };
  const { expected, unexpected, flaky, skipped } = parsed.stats;
  const counted = unexpected + flaky + parsed.errors.length;
  const silent = counted === 0 && (exitStatus !== 0 || expected === 0);
  return { passed: expected, failed: silent ? 1 : counted, skipped };
}

function parse(report: string | undefined): z.infer<typeof Report> | undefined {
  if (report === undefined) return undefined;
  try {
    return Report.parse(JSON.parse(report));
  } catch {
    return undefined;
  }
}
