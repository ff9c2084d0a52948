// biome-ignore-all lint/a11y/useSemanticElements: a table can't draw only what is in view; the roles are those of the ARIA grid pattern
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid holds the focus and moves it over its cells
import { memo, type PointerEvent } from 'react';
import { Icon } from '../../theme/Icon.tsx';
import { type GridColumn, shortType } from '../rows/grid-rows.ts';
import { NARROWEST } from './column-widths.ts';

interface GridHeadProps {
  readonly columns: readonly GridColumn[];
  readonly edges: readonly number[];
  readonly indexWidth: number;
  readonly first: number;
  readonly last: number;
  readonly onSelect: (column: number, extend: boolean) => void;
  readonly onResize: (column: number, width: number) => void;
  /** Back to the width that fits what is there. */
  readonly onFit: (column: number) => void;
}

/** Column names with their types; edges can be dragged, a double click on one fits the column to its values. */
export const GridHead = memo(function GridHead({
  columns,
  edges,
  indexWidth,
  first,
  last,
  onSelect,
  onResize,
  onFit,
}: GridHeadProps) {
  const drag = (column: number) => (event: PointerEvent<HTMLElement>) => {
    event.preventDefault();
    event.stopPropagation();
    const handle = event.currentTarget;
    const start = event.clientX;
    const before = (edges[column + 1] ?? 0) - (edges[column] ?? 0);
    handle.setPointerCapture(event.pointerId);
    const move = ({ clientX }: globalThis.PointerEvent) =>
      onResize(column, Math.max(NARROWEST, before + clientX - start));
    handle.addEventListener('pointermove', move);
    handle.addEventListener('lostpointercapture', () => handle.removeEventListener('pointermove', move), {
      once: true,
    });
  };
  const heads = [];
  for (let column = first; column <= last; column++) {
    const shown = columns[column];
    if (shown === undefined) continue;
    const from = edges[column] ?? 0;
    heads.push(
      <div
        key={column}
        role="columnheader"
        aria-colindex={column + 2}
        className="ghead"
        style={{ left: indexWidth + from, width: (edges[column + 1] ?? from) - from }}
        onPointerDown={(event) => {
          if (event.button === 0) onSelect(column, event.shiftKey);
        }}
      >
        {shown.masked ? (
          <Icon name="masked" small className="c-masked" label={`Masked by ${shown.masked.rule}`} />
        ) : null}
        <span className="ell">{shown.name}</span>
        <em title={shown.type}>{shortType(shown.type)}</em>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the same by keyboard is Alt with an arrow, see ResultGrid */}
        <span className="gedge" onPointerDown={drag(column)} onDoubleClick={() => onFit(column)} />
      </div>,
    );
  }
  return (
    <div
      role="row"
      aria-rowindex={1}
      className="ghead-row"
      style={{ width: indexWidth + (edges.at(-1) ?? 0) }}
    >
      <div role="columnheader" aria-colindex={1} className="gidx" style={{ width: indexWidth }}>
        <span className="visually-hidden">Row</span>
      </div>
      {heads}
    </div>
  );
});
