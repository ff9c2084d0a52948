import { describe, expect, it } from 'vitest';
import { activity, advance, indexAfter, neighbour } from './playback.ts';

const times = [0, 1_000, 60_000, 61_000];
const play = { on: false, over: 2_000 };
const skip = { on: true, over: 2_000 };

describe('advance', () => {
  it('goes at its speed and stops at the end', () => {
    expect(advance(100, 16, 2, times, play, 61_000)).toBe(132);
    expect(advance(100, 16, 0.5, times, play, 61_000)).toBe(108);
    expect(advance(60_990, 16, 8, times, play, 61_000)).toBe(61_000);
  });
  it('leaps over what is idle, to just before the next event', () => {
    expect(advance(1_000, 16, 1, times, skip, 61_000)).toBe(59_400);
    expect(advance(100, 16, 1, times, skip, 61_000)).toBe(116);
    expect(advance(61_000, 16, 1, times, skip, 90_000)).toBe(89_400);
  });
  it('leaps only over what is longer than it is told', () => {
    expect(advance(1_000, 16, 1, times, { on: true, over: 59_000 }, 61_000)).toBe(1_016);
  });
});

it('steps between events', () => {
  expect(neighbour(1_000, times, 1)).toBe(60_000);
  expect(neighbour(1_000, times, -1)).toBe(0);
  expect(neighbour(60_500, times, -1)).toBe(60_000);
  expect(neighbour(60_000, times, -1)).toBe(1_000);
  expect(neighbour(0, times, -1)).toBeUndefined();
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

it('finds its place among a million times at once', () => {
  const many = Array.from({ length: 1_000_000 }, (_, index) => index * 2);
  expect(indexAfter(many, 999_999)).toBe(500_000);
  expect(indexAfter(many, 1_000_000)).toBe(500_001);
  expect(indexAfter(many, -1)).toBe(0);
  expect(indexAfter(many, 5_000_000)).toBe(1_000_000);
});
