import { expect, test } from 'vitest';
import { PortBook } from './port-book.ts';

function book(kept: Record<string, Record<string, number>> = {}, busy: readonly number[] = []) {
  return new PortBook({
    kept: (gateway) => kept[gateway] ?? {},
    all: () => Object.values(kept).flatMap((ports) => Object.values(ports)),
    keep: (gateway, key, port) => {
      kept[gateway] = { ...kept[gateway], [key]: port };
    },
    isFree: async (port) => !busy.includes(port),
  });
}

test('gives the same port each time, and the same on another machine', async () => {
  const kept = {};
  const port = await book(kept).portOf('g', 'orders-db/read');
  expect(await book(kept).portOf('g', 'orders-db/read')).toBe(port);
  expect(await book().portOf('g', 'orders-db/read')).toBe(port);
});

test('gives no port twice, and none that is busy', async () => {
  const first = await book().portOf('g', 'orders-db/read');
  expect(await book({}, [first]).portOf('g', 'orders-db/read')).not.toBe(first);
  expect(await book({ other: { 'x/read': first } }).portOf('g', 'orders-db/read')).not.toBe(first);
});

test('keeps the port that a person chose, unless it is another resource’s', () => {
  const kept = { g: { 'orders-db/read': 21_001 } };
  const subject = book(kept);
  subject.set('g', 'staging/read', 5433);
  expect(kept.g).toEqual({ 'orders-db/read': 21_001, 'staging/read': 5433 });
  expect(() => subject.set('g', 'staging/read', 21_001)).toThrow('port 21001 is that of orders-db, read');
});
