import { expect, it } from 'vitest';
import { bytesText, outcomeWords, spanText } from './entry-words.ts';
import type { StatementEntry } from './timeline-entry.ts';

const entry: StatementEntry = {
  kind: 'statement',
  seq: 0,
  at: 0,
  statement: 1,
  text: '',
  prepared: false,
  actions: [],
  tables: [],
  results: [],
  outcomes: [],
};

it('says what a statement did', () => {
  expect(outcomeWords({ ...entry, outcomes: [{ status: 'ok', tag: 'UPDATE 3', rows: 3 }], took: 7 })).toBe(
    '3 rows changed, 7 ms',
  );
  expect(outcomeWords({ ...entry, outcomes: [{ status: 'ok', tag: 'BEGIN' }], took: 1 })).toBe('1 ms');
  expect(outcomeWords({ ...entry, copied: { direction: 'out', bytes: 41_000 } })).toBe('41 kB copied out');
});

it('writes sizes and spans', () => {
  expect([12, 41_200, 4_120_000].map(bytesText)).toEqual(['12 B', '41 kB', '4.1 MB']);
  expect(spanText('2026-03-12T13:58:00.000Z', Date.parse('2026-03-12T14:21:00Z'))).toBe(
    'Thursday 12 March 2026, 13:58 to 14:21 UTC',
  );
});
