import { describe, expect, it } from 'vitest';
import { playwrightTotals } from './playwright-totals.ts';

const report = (stats: object, errors: unknown[] = []) =>
  JSON.stringify({ errors, stats: { expected: 0, unexpected: 0, flaky: 0, skipped: 0, ...stats } });

describe('totals of a Playwright run', () => {
  it('are those of the report', () => {
    expect(playwrightTotals(report({ expected: 3, unexpected: 1, skipped: 2 }), 1)).toEqual({
      passed: 3,
      failed: 1,
      skipped: 2,
    });
  });

  it('count what passed only when repeated as failed', () => {
    expect(playwrightTotals(report({ expected: 1, flaky: 1 }), 0)).toMatchObject({ passed: 1, failed: 1 });
  });

  it('count what went wrong outside a test', () => {
    expect(playwrightTotals(report({ expected: 1 }, [{ message: 'x' }]), 1)).toMatchObject({ failed: 1 });
    expect(playwrightTotals(report({ expected: 1 }), 1)).toMatchObject({ failed: 1 });
  });

  it('are a failure without a report or a test', () => {
    expect(playwrightTotals(undefined, 0)).toMatchObject({ failed: 1 });
    expect(playwrightTotals('{', 0)).toMatchObject({ failed: 1 });
    expect(playwrightTotals(report({}), 0)).toMatchObject({ failed: 1 });
  });
});
