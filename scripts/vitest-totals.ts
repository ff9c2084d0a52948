import { z } from 'zod';

/** How many of a runner's tests passed and failed. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  /** Not run; told, since a test that did not run proves nothing. */
  readonly skipped: number;
}

const Assertion = z.object({ status: z.string() });
const Report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int().default(0),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(Assertion) })),
});

/**
 * Reads Vitest's JSON report. Whatever went wrong outside a test counts as a failure too: a file that could not be
 * loaded, a runner that crashed (`exitStatus`) or left no report, and a run without a single test.
 */
export function vitestTotals(report: string | undefined, exitStatus: number): Totals {
  const parsed = parse(report);
  if (!parsed) return { passed: 0, failed: 1, skipped: 0 };
  const brokenFiles = parsed.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const counted = parsed.numFailedTests + brokenFiles;
  const silent = counted === 0 && (exitStatus !== 0 || parsed.numPassedTests === 0);
  return {
    passed: parsed.numPassedTests,
    failed: silent ? 1 : counted,
    skipped: parsed.numPendingTests + parsed.numTodoTests,
  };
}

function parse(report: string | undefined): z.infer<typeof Report> | undefined {
  if (report === undefined) return undefined;
  try {
    return Report.parse(JSON.parse(report));
  } catch {
    return undefined;
  }
}
