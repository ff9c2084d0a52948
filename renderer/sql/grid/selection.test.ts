import { describe, expect, it } from 'vitest';
import { moveSelection, rangeOf, selectCell, selectionText } from './selection.ts';

const size = { rows: 1_000_000, columns: 8 };
const press = (key: string, more: { shift?: boolean; command?: boolean } = {}) => ({
  key,
  shift: more.shift ?? false,
  command: more.command ?? false,
});
const at = (row: number, column: number) => selectCell({ row, column });

describe('moveSelection', () => {
  it('starts at the first cell', () => {
    expect(moveSelection(undefined, press('ArrowDown'), size, 20)).toEqual(at(0, 0));
  });
  it.each([
    ['ArrowDown', {}, 6, 3],
    ['ArrowUp', {}, 4, 3],
    ['ArrowRight', {}, 5, 4],
    ['PageDown', {}, 25, 3],
    ['Home', {}, 5, 0],
    ['End', {}, 5, 7],
    ['End', { command: true }, 999_999, 7],
    ['ArrowDown', { command: true }, 999_999, 3],
  ])('%s %o moves', (key, more, row, column) => {
    expect(moveSelection(at(5, 3), press(key, more), size, 20)).toEqual(at(row, column));
  });
  it('stays inside', () => {
    expect(moveSelection(at(0, 0), press('ArrowUp'), size, 20)).toEqual(at(0, 0));
    expect(moveSelection(at(999_990, 7), press('PageDown'), size, 20)).toEqual(at(999_999, 7));
  });
  it('extends with shift, from where it began', () => {
    const extended = moveSelection(at(5, 3), press('ArrowUp', { shift: true }), size, 20);
    expect(extended && rangeOf(extended, size)).toEqual({ top: 4, bottom: 5, left: 3, right: 3 });
  });
  it('selects whole rows and everything', () => {
    const row = moveSelection(at(5, 3), press(' ', { shift: true }), size, 20);
    expect(row && rangeOf(row, size)).toEqual({ top: 5, bottom: 5, left: 0, right: 7 });
    const all = moveSelection(at(5, 3), press('a', { command: true }), size, 20);
    expect(all && selectionText(all, size)).toBe('1,000,000 rows selected');
  });
  it('leaves other keys alone, and an empty result', () => {
    expect(moveSelection(at(5, 3), press('x'), size, 20)).toBeUndefined();
    expect(moveSelection(undefined, press('ArrowDown'), { rows: 0, columns: 2 }, 20)).toBeUndefined();
  });
  it('counts in words', () => {
    expect(selectionText(at(1, 1), size)).toBe('1 cell selected');
    expect(
      selectionText({ anchor: { row: 1, column: 1 }, focus: { row: 2, column: 3 }, rows: false }, size),
    ).toBe('6 cells selected');
  });
});
