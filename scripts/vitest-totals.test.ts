import { describe, expect, it } from 'vitest';
import { vitestTotals } from './vitest-totals.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});
const report = (passed: number, failed: number, pending: number, ...testResults: ReturnType<typeof file>[]) =>
  JSON.stringify({
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: pending,
    numTodoTests: 0,
    testResults,
  });

describe('totals of a run', () => {
  it('are those of the report', () => {
    const text = report(2, 1, 1, file('failed', 'passed', 'failed'), file('passed', 'passed', 'skipped'));
    expect(vitestTotals(text, 1)).toEqual({ passed: 2, failed: 1, skipped: 1 });
  });

  it('count a file that could not be loaded', () => {
    expect(
      vitestTotals(report(3, 0, 0, file('passed', 'passed', 'passed', 'passed'), file('failed')), 1),
    ).toMatchObject({ failed: 1 });
  });

  it('count a crash after tests that all passed', () => {
    expect(vitestTotals(report(1, 0, 0, file('passed', 'passed')), 1)).toMatchObject({
      passed: 1,
      failed: 1,
    });
  });

  it('are a failure without a report', () => {
    expect(vitestTotals(undefined, 0)).toMatchObject({ failed: 1 });
    expect(vitestTotals('{"numPassed', 0)).toMatchObject({ failed: 1 });
  });

  it('are a failure without a test', () => {
    expect(vitestTotals(report(0, 0, 0), 0)).toMatchObject({ failed: 1 });
  });
});
