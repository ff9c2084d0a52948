import { describe, expect, it } from 'vitest';
import { revealing, scrolled, scrolledTo, settled, spacerOf, TALLEST } from './scroll-window.ts';

const small = { content: 27_000, view: 400 };
const million = { content: 27_000_000, view: 400 };
const start = { spacer: TALLEST, top: 0, bar: 0 };

describe('the scroll window', () => {
  it('is one to one while the rows fit an element', () => {
    expect(scrolled(start, 12_345, small)).toMatchObject({ top: 12_345, spacer: 27_000 });
  });
  it('never asks for a taller element than the browser takes', () => {
    expect(spacerOf({ content: 27 * 50_000_000, view: 400 })).toBe(TALLEST);
  });
  it('moves by single pixels deep inside a million rows', () => {
    const deep = scrolledTo(13_000_000, million);
    expect(scrolled(deep, deep.bar + 3, million).top).toBe(13_000_003);
  });
  it('reaches every row by dragging: the ends of the bar are the ends of the rows', () => {
    expect(scrolled(start, TALLEST - 400, million).top).toBeCloseTo(27_000_000 - 400);
    const end = scrolledTo(27_000_000, million);
    expect(scrolled(end, 0, million).top).toBe(0);
  });
  it('settles where the bar belongs after short steps', () => {
    let now = scrolledTo(13_000_000, million);
    for (let step = 0; step < 50; step++) now = scrolled(now, now.bar + 100, million);
    expect(now.top).toBe(13_005_000);
    expect(settled(now, million)).toBeCloseTo(scrolledTo(13_005_000, million).bar);
  });
  it('stays inside when the rows are fewer than the view', () => {
    expect(scrolledTo(500, { content: 100, view: 400 })).toMatchObject({ top: 0, bar: 0 });
  });
  it('moves as little as needed to show a cell', () => {
    expect(revealing(100, 120, 147, 400)).toBe(100);
    expect(revealing(100, 27, 54, 400)).toBe(27);
    expect(revealing(100, 540, 567, 400)).toBe(167);
  });
});
