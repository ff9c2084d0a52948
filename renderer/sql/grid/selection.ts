/** A cell by its place in the result. */
export interface Cell {
  readonly row: number;
  readonly column: number;
}

/**
 * What is selected: a rectangle between where it began and where it ends, or whole rows between them. The cell that
 * the keyboard moves is `focus`.
 */
export interface Selection {
  readonly anchor: Cell;
  readonly focus: Cell;
  readonly rows: boolean;
}

/** Both ends belong to it. */
export interface SelectedRange {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export interface GridSize {
  readonly rows: number;
  readonly columns: number;
}

export const selectCell = (cell: Cell): Selection => ({ anchor: cell, focus: cell, rows: false });

/** `size` says how wide a row is. */
export function rangeOf({ anchor, focus, rows }: Selection, size: GridSize): SelectedRange {
  return {
    top: Math.min(anchor.row, focus.row),
    bottom: Math.max(anchor.row, focus.row),
    left: rows ? 0 : Math.min(anchor.column, focus.column),
    right: rows ? size.columns - 1 : Math.max(anchor.column, focus.column),
  };
}

/** *3 rows*, *12 cells*, *1 cell*. */
export function selectionText(selection: Selection, size: GridSize): string {
  const { top, bottom, left, right } = rangeOf(selection, size);
  const rows = bottom - top + 1;
  const count = selection.rows ? rows : rows * (right - left + 1);
  const what = selection.rows ? 'row' : 'cell';
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'} selected`;
}

export interface GridKey {
  readonly key: string;
  readonly shift: boolean;
  /** Control, or Command on macOS. */
  readonly command: boolean;
}

/**
 * Where a key moves the selection, as in the ARIA grid pattern; undefined for keys that mean nothing here.
 * https://www.w3.org/WAI/ARIA/apg/patterns/grid/
 * @param page rows that a page has.
 */
export function moveSelection(
  selection: Selection | undefined,
  { key, shift, command }: GridKey,
  size: GridSize,
  page: number,
): Selection | undefined {
  if (size.rows === 0 || size.columns === 0) return undefined;
  const end: Cell = { row: size.rows - 1, column: size.columns - 1 };
  if (command && key.toLowerCase() === 'a') return { anchor: { row: 0, column: 0 }, focus: end, rows: true };
  const from = selection?.focus ?? { row: 0, column: 0 };
  if (key === ' ' && shift) return { anchor: from, focus: from, rows: true };
  const to = target(from, key, command, end, page);
  if (to === undefined) return undefined;
  if (selection === undefined) return selectCell(from);
  return shift ? { ...selection, focus: to } : selectCell(to);
}

function target(
  { row, column }: Cell,
  key: string,
  command: boolean,
  end: Cell,
  page: number,
): Cell | undefined {
  const within = (nextRow: number, nextColumn: number): Cell => ({
    row: Math.max(0, Math.min(end.row, nextRow)),
    column: Math.max(0, Math.min(end.column, nextColumn)),
  });
  switch (key) {
    case 'ArrowUp':
      return within(command ? 0 : row - 1, column);
    case 'ArrowDown':
      return within(command ? end.row : row + 1, column);
    case 'ArrowLeft':
      return within(row, command ? 0 : column - 1);
    case 'ArrowRight':
      return within(row, command ? end.column : column + 1);
    case 'PageUp':
      return within(row - page, column);
    case 'PageDown':
      return within(row + page, column);
    case 'Home':
      return within(command ? 0 : row, 0);
    case 'End':
      return within(command ? end.row : row, end.column);
    default:
      return undefined;
  }
}
