import { describe, expect, it } from 'vitest';
import { readDay, readMoment, readTimeOfDay } from './moment.ts';

/** On this machine's own clock, as a person reads and writes it. */
const NOON = new Date(2026, 2, 10, 12, 0, 0, 0).getTime();
const local = (day: number, hours = 0, minutes = 0) => new Date(2026, 2, day, hours, minutes);

describe('a moment', () => {
  it.each([
    ['90m', new Date(NOON - 5_400_000)],
    ['1d', new Date(NOON - 86_400_000)],
    ['02:15', local(10, 2, 15)],
    ['2:15', local(10, 2, 15)],
    // Has not been today.
    ['23:30', local(9, 23, 30)],
    ['2026-03-08', local(8)],
    ['2026-03-08 02:15', local(8, 2, 15)],
    ['2026-03-08T02:15', local(8, 2, 15)],
    ['2026-03-08T02:15:00Z', new Date('2026-03-08T02:15:00Z')],
    ['2026-03-08T02:15:00+02:00', new Date('2026-03-08T00:15:00Z')],
  ])('%s', (text, expected) => {
    expect(readMoment(text, NOON)).toEqual(expected);
  });

  it.each([
    '',
    'soon',
    '24:00',
    '2026-02-30',
    '2026-13-01',
    '7',
    '1 2',
    '02:15 2026-03-08',
    '2026-03-08T02:15:00 Z',
  ])('%j is none', (text) => {
    expect(readMoment(text, NOON)).toBeUndefined();
  });
});

it('takes a time of a named day, also where that is still to come', () => {
  expect(readTimeOfDay('23:30:10', NOON, readDay('2026-03-10'))).toEqual(new Date(2026, 2, 10, 23, 30, 10));
});
