import { describe, expect, it } from 'vitest';
import { BoundedMap } from './bounded-map.ts';

const names = (map: BoundedMap<{ weight: number }>) => [...map].map(([name]) => name);

describe('BoundedMap', () => {
  it('forgets the oldest when there are too many', () => {
    const map = new BoundedMap<{ weight: number }>(2, 100, ({ weight }) => weight);
    for (const name of ['a', 'b', 'c']) map.replace(name, { weight: 1 });
    expect(names(map)).toEqual(['b', 'c']);
  });

  it('forgets the oldest when they weigh too much, but never the newest', () => {
    const map = new BoundedMap<{ weight: number }>(10, 100, ({ weight }) => weight);
    map.replace('a', { weight: 60 });
    map.replace('b', { weight: 30 });
    map.replace('c', { weight: 40 });
    expect(names(map)).toEqual(['b', 'c']);
    map.replace('d', { weight: 500 });
    expect(names(map)).toEqual(['d']);
    map.replace('d', { weight: 10 });
    map.replace('e', { weight: 90 });
    expect(names(map)).toEqual(['d', 'e']);
  });

  it('gives back what a name had', () => {
    const map = new BoundedMap<{ weight: number }>(10, 100, ({ weight }) => weight);
    const old = { weight: 1 };
    map.replace('a', old);
    expect(map.replace('a', undefined)).toBe(old);
    expect(map.size).toBe(0);
  });
});
