// biome-ignore-all lint/a11y/useSemanticElements: a table can't draw only what is in view; the roles are those of the ARIA grid pattern
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid holds the focus and moves it over its cells
import { memo } from 'react';
import { cellText, type GridRows, isNumeric } from '../rows/grid-rows.ts';

export const ROW_HEIGHT = 27;
/** More of a value isn't put into a cell; the whole one opens with Enter. */
const SHOWN = 400;

interface GridRowProps {
  readonly id: string;
  readonly rows: GridRows;
  readonly row: number;
  readonly y: number;
  readonly indexWidth: number;
  readonly edges: readonly number[];
  readonly first: number;
  readonly last: number;
  /** Selected columns of this row; none where `left` is greater than `right`. */
  readonly left: number;
  readonly right: number;
  /** The row of a single selected cell is shown as a whole. */
  readonly lit: boolean;
  /** The keyboard's cell, or -1. */
  readonly focus: number;
}

/** One row of the grid: only the columns in view, decoded when it is drawn. */
export const GridRow = memo(function GridRow({
  id,
  rows,
  row,
  y,
  indexWidth,
  edges,
  first,
  last,
  left,
  right,
  lit,
  focus,
}: GridRowProps) {
  const cells = [];
  for (let column = first; column <= last; column++) {
    const shown = rows.columns[column];
    if (shown === undefined) continue;
    const text = cellText(rows, row, column);
    const selected = column >= left && column <= right;
    const classes = ['gcell'];
    if (shown.masked) classes.push('m');
    else if (isNumeric(shown)) classes.push('r');
    if (text === null) classes.push('gnull');
    else if (text === '') classes.push('gempty');
    if (selected) classes.push('in');
    if (column === focus) classes.push('at');
    const from = edges[column] ?? 0;
    cells.push(
      <div
        key={column}
        id={`${id}-${row}-${column}`}
        role="gridcell"
        aria-colindex={column + 2}
        aria-selected={selected}
        aria-description={shown.masked ? `Masked by ${shown.masked.rule}` : undefined}
        data-column={column}
        className={classes.join(' ')}
        style={{ left: indexWidth + from, width: (edges[column + 1] ?? from) - from }}
      >
        {text === null ? 'NULL' : text === '' ? '(empty)' : shorten(text)}
      </div>,
    );
  }
  return (
    <div
      role="row"
      aria-rowindex={row + 2}
      data-row={row}
      className={lit ? 'gline lit' : 'gline'}
      style={{ top: y, width: indexWidth + (edges.at(-1) ?? 0) }}
    >
      <div role="rowheader" aria-colindex={1} className="gidx" style={{ width: indexWidth }} data-index="">
        {row + 1}
      </div>
      {cells}
    </div>
  );
});

const shorten = (text: string) =>
  (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text).replace(/\r?\n|\r/g, '↵').replace(/\t/g, '⇥');
