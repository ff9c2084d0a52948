import { expect, it } from 'vitest';
import { keyMove } from './player-keys.ts';

const standing = {
  at: 6_000,
  length: 20_000,
  running: false,
  moments: [0, 5_000, 6_000, 6_300, 19_000],
  marked: [5_000, 19_000],
};

it('plays, pauses and begins again at the end', () => {
  expect(keyMove(' ', standing)).toEqual({ at: 6_000, running: true });
  expect(keyMove(' ', { ...standing, running: true })).toEqual({ at: 6_000, running: false });
  expect(keyMove(' ', { ...standing, at: 20_000 })).toEqual({ at: 0, running: true });
});

it('moves five seconds and no further than the ends', () => {
  expect(keyMove('ArrowLeft', standing)).toEqual({ at: 1_000 });
  expect(keyMove('ArrowLeft', { ...standing, at: 2_000 })).toEqual({ at: 0 });
  expect(keyMove('ArrowRight', { ...standing, at: 18_000 })).toEqual({ at: 20_000 });
});

it('steps to what was shown next and before, and stops there', () => {
  expect(keyMove('.', standing)).toEqual({ at: 6_300, running: false });
  expect(keyMove(',', standing)).toEqual({ at: 5_000, running: false });
  expect(keyMove('.', { ...standing, at: 19_000 })).toEqual({ at: 19_000, running: false });
});

it('jumps to what stands out', () => {
  expect(keyMove(']', standing)).toEqual({ at: 19_000, running: false });
  expect(keyMove('[', standing)).toEqual({ at: 5_000, running: false });
  expect(keyMove('[', { ...standing, marked: [] })).toEqual({ at: 6_000, running: false });
});

it('leaves other keys alone', () => {
  for (const key of ['a', 'Enter', 'ArrowDown', 'Escape']) expect(keyMove(key, standing)).toBeUndefined();
});
