import { expect, test } from 'vitest';
import { manualClock } from '../test-support/manual-clock.ts';
import { memoryFile } from '../test-support/memory-file.ts';
import { columnMatcher } from './column-patterns.ts';
import { readMaskNotes } from './mask-notes.ts';
import { SqlHistory } from './sql-history.ts';
import { SqlRequestSchema } from './sql-request.ts';
import { typeName } from './type-names.ts';

test('matches columns as data rules name them', () => {
  const matches = columnMatcher(['public.customers.ssn', '*.*.email', '"My ""Schema""".t.c']);
  expect(matches('public', 'customers', 'ssn')).toBe(true);
  expect(matches('public', 'customers', 'ssn2')).toBe(false);
  expect(matches('crm', 'people', 'email')).toBe(true);
  expect(matches('My "Schema"', 't', 'c')).toBe(true);
});

test('leaves mask notes out that it does not understand', () => {
  expect(readMaskNotes('[{"index":0,"rule":"r","mask":"last4","column":"a.b.c"}]').get(0)?.rule).toBe('r');
  expect(readMaskNotes('no json').size).toBe(0);
  expect(readMaskNotes('[{"index":-1}]').size).toBe(0);
});

test('names types: built-in, learnt, or by number', () => {
  expect(typeName(20, new Map())).toBe('bigint');
  expect(typeName(16_500, new Map([[16_500, 'order_status']]))).toBe('order_status');
  expect(typeName(16_501, new Map())).toBe('oid:16501');
});

test('remembers each text once, newest first, by gateway and resource', () => {
  const file = memoryFile();
  const history = new SqlHistory(file, manualClock());
  history.remember('g', 'orders-db', 'select 1', true);
  history.remember('g', 'orders-db', 'select 2', false);
  history.remember('g', 'orders-db', 'select 1', true);
  history.remember('g', 'orders-db', '  ', true);
  history.remember('g', 'orders-db', 'x'.repeat(60_000), true);
  expect(
    new SqlHistory(file, manualClock()).entries('g', 'orders-db').map(({ text, ok }) => [text, ok]),
  ).toEqual([
    ['select 1', true],
    ['select 2', false],
  ]);
  expect(history.entries('h', 'orders-db')).toEqual([]);
  history.forget('g');
  expect(history.entries('g', 'orders-db')).toEqual([]);
});

test('takes nothing over a port that the contract does not know', () => {
  expect(SqlRequestSchema.safeParse({ type: 'run', run: 1, text: 'select 1' }).success).toBe(true);
  for (const wrong of [
    null,
    'run',
    { type: 'run' },
    { type: 'exec' },
    { type: 'ack', extra: 1 },
    { type: 'run', run: -1, text: '' },
  ])
    expect(SqlRequestSchema.safeParse(wrong).success).toBe(false);
});
