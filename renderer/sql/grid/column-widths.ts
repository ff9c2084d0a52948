import { cellText, type GridRows } from '../rows/grid-rows.ts';

export const NARROWEST = 48;
const WIDEST = 320;
const PADDING = 22;
/** Advance of a 12 px JetBrains Mono character, and about that of the head's 11.5 px Inter. */
const CHARACTER = 7.2;
const HEAD_CHARACTER = 6.6;

/** A first width for each column, from its name and the first rows. */
export function columnWidths(rows: GridRows, sample = 50): number[] {
  const looked = Math.min(rows.store.length, sample);
  return rows.columns.map((column, index) => {
    const type = Math.min(column.type.length, 5) * 6.6;
    let width = column.name.length * HEAD_CHARACTER + type + 14 + (column.masked ? 14 : 0);
    for (let row = 0; row < looked; row++) {
      const text = cellText(rows, row, index);
      width = Math.max(width, (text === null ? 4 : text.length || 7) * CHARACTER);
    }
    return Math.ceil(Math.max(NARROWEST, Math.min(WIDEST, width + PADDING)));
  });
}

/** Left edge of each column, and of what follows the last. */
export function columnEdges(widths: readonly number[]): number[] {
  const edges = [0];
  for (const width of widths) edges.push((edges.at(-1) ?? 0) + width);
  return edges;
}

/** The columns that show between `left` and `right`; both ends belong to it. */
export function visibleColumns(
  edges: readonly number[],
  left: number,
  right: number,
): { first: number; last: number } {
  const count = edges.length - 1;
  let first = 0;
  while (first < count - 1 && (edges[first + 1] ?? 0) <= left) first++;
  let last = first;
  while (last < count - 1 && (edges[last + 1] ?? 0) < right) last++;
  return { first, last };
}
