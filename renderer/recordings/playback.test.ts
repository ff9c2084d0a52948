import { describe, expect, it } from 'vitest';
import { activity, advance, neighbour } from './playback.ts';

const times = [0, 1_000, 60_000, 61_000];

describe('advance', () => {
  it('goes at its speed and stops at the end', () => {
    expect(advance(100, 16, 2, times, false, 61_000)).toBe(132);
    expect(advance(60_990, 16, 4, times, false, 61_000)).toBe(61_000);
  });
  it('leaps over what is idle, to just before the next event', () => {
    expect(advance(1_000, 16, 1, times, true, 61_000)).toBe(59_400);
    expect(advance(100, 16, 1, times, true, 61_000)).toBe(116);
    expect(advance(61_000, 16, 1, times, true, 90_000)).toBe(89_400);
  });
});

it('steps between events', () => {
  expect(neighbour(1_000, times, 1)).toBe(60_000);
  expect(neighbour(1_000, times, -1)).toBe(0);
  expect(neighbour(61_000, times, 1)).toBeUndefined();
});

it('measures activity without letting one burst flatten the rest', () => {
  const bars = activity(
    [
      { at: 0, weight: 1 },
      { at: 50, weight: 1_000_000 },
      { at: 100, weight: 1 },
    ],
    100,
    4,
  );
  expect(bars[2]).toBe(1);
  expect(bars[0]).toBeGreaterThan(0.04);
  expect(bars[1]).toBe(0);
});
