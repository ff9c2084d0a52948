import { expect, it } from 'vitest';
import { waitAfter } from './attempts.ts';

const all = (random: number) => {
  const waits: number[] = [];
  for (let wait = waitAfter(1, random); wait !== undefined; wait = waitAfter(waits.length + 1, random))
    waits.push(wait);
  return waits;
};

it('waits longer each time, about a day in all', () => {
  const waits = all(0.5);
  expect(waits.slice(0, 4)).toEqual([5_000, 30_000, 120_000, 600_000]);
  expect([...waits].sort((a, b) => a - b)).toEqual(waits);
  const sum = waits.reduce((total, wait) => total + wait, 0);
  expect(sum / 3_600_000).toBeGreaterThan(23);
  expect(sum / 3_600_000).toBeLessThan(25);
});

it('scatters by a fifth either way', () => {
  expect([waitAfter(2, 0), waitAfter(2, 1)]).toEqual([24_000, 36_000]);
});

it('does what the receiver wishes, within an hour', () => {
  expect(waitAfter(1, 0.5, 60_000)).toBe(60_000);
  expect(waitAfter(1, 0.5, 1_000)).toBe(5_000);
  expect(waitAfter(1, 0.5, 86_400_000)).toBe(3_600_000);
});
