import { describe, expect, it } from 'vitest';
import type { RunLog, RunOutcome } from '../console/console-state.ts';
import { runWords, tookText } from './run-words.ts';

const log = (outcome?: RunOutcome): RunLog => ({
  run: 1,
  text: 'x',
  purpose: 'query',
  at: 0,
  notices: [],
  ...(outcome && { outcome }),
});
const ok = (tags: string[], rows: number): RunOutcome => ({ kind: 'ok', tags, rows, results: 1 });

describe('runWords', () => {
  it.each([
    [ok(['SELECT 12480'], 12_480), '12,480 rows'],
    [ok(['UPDATE 1'], 0), '1 row updated'],
    [ok(['INSERT 0 3'], 0), '3 rows inserted'],
    [ok([''], 0), 'Done'],
    [ok(['BEGIN'], 0), 'BEGIN'],
    [ok(['BEGIN', 'INSERT 0 2', 'COMMIT'], 2), '3 statements, 2 rows'],
    [ok([], 0), 'Done'],
    [{ kind: 'cancelled', rows: 200 }, 'Cancelled at 200 rows'],
    [{ kind: 'lost' }, 'Connection lost'],
  ] as const)('%o', (outcome, text) => {
    expect(runWords(log(outcome)).text).toBe(text);
  });
  it('tells a refusal from an error', () => {
    const error = { code: '42501', severity: 'ERROR', message: 'no' };
    expect(runWords(log({ kind: 'error', error: { ...error, refused: true } })).text).toBe('Refused');
    expect(runWords(log({ kind: 'error', error: { ...error, refused: false } })).text).toBe('Error 42501');
  });
});

it('tells times', () => {
  expect([84.4, 1240, 125_000].map(tookText)).toEqual(['84 ms', '1.24 s', '2 min 5 s']);
});
