// biome-ignore-all lint/a11y/useSemanticElements: a table can't draw only what is in view; the roles are those of the ARIA grid pattern
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid holds the focus and moves it over its cells
import { type KeyboardEvent, type PointerEvent, useCallback, useId, useMemo, useRef, useState } from 'react';
import type { GridRows } from '../rows/grid-rows.ts';
import { columnEdges, columnWidths, NARROWEST, visibleColumns } from './column-widths.ts';
import './grid.css';
import { GridHead } from './GridHead.tsx';
import { GridRow, ROW_HEIGHT } from './GridRow.tsx';
import { MaskTip } from './MaskTip.tsx';
import { revealing } from './scroll-window.ts';
import { type Cell, moveSelection, rangeOf, type Selection, selectCell } from './selection.ts';
import { useScrollWindow } from './use-scroll-window.ts';

const HEAD_HEIGHT = 28;
const RESIZE_STEP = 16;
const BLOCK = 1000;

interface ResultGridProps {
  readonly label: string;
  readonly rows: GridRows;
  /** How many rows there are now; the same store may have got more since the last render. */
  readonly length: number;
  readonly selection: Selection | undefined;
  readonly onSelect: (selection: Selection | undefined) => void;
  /** Copy what is selected. */
  readonly onCopy: () => void;
  /** Show the whole value of a cell. */
  readonly onOpen: (cell: Cell) => void;
}

/**
 * A grid over any number of rows: what is drawn is what is in view. One tab stop; arrows move inside, as the ARIA
 * grid pattern has it. Rows are placed against the view and not against the scrolled element, see `scroll-window.ts`.
 */
export function ResultGrid({ label, rows, length, selection, onSelect, onCopy, onOpen }: ResultGridProps) {
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [changed, setChanged] = useState<ReadonlyMap<number, number>>(new Map());
  const [hovered, setHovered] = useState<Cell | undefined>();
  const [tipClosed, setTipClosed] = useState(false);
  const sampled = length > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured once rows are there, not with each chunk
  const fitted = useMemo(() => columnWidths(rows), [rows.store, sampled]);
  const edges = useMemo(
    () => columnEdges(fitted.map((width, column) => changed.get(column) ?? width)),
    [fitted, changed],
  );
  const size = { rows: length, columns: rows.columns.length };
  const content = length * ROW_HEIGHT;
  const { top, left, width, height, spacer, onScroll, scrollTo } = useScrollWindow(
    scroller,
    content,
    HEAD_HEIGHT,
  );
  // As wide as the largest number in view needs, so that the columns stand still while rows stream in.
  const indexWidth = Math.max(
    44,
    Math.ceil(String(Math.ceil((top + height) / ROW_HEIGHT)).length * 6.6 + 17),
  );
  const { first, last } = visibleColumns(edges, left, left + width - indexWidth);
  const range = selection && rangeOf(selection, size);
  const single = range !== undefined && range.top === range.bottom && range.left === range.right;
  const focus = selection?.focus;

  const reveal = (cell: Cell) => {
    const from = edges[cell.column] ?? 0;
    scrollTo(
      revealing(top, cell.row * ROW_HEIGHT, (cell.row + 1) * ROW_HEIGHT, height),
      revealing(
        left,
        from,
        Math.min(edges[cell.column + 1] ?? from, from + width - indexWidth),
        width - indexWidth,
      ),
    );
  };
  const resize = useCallback(
    (column: number, to: number) => setChanged((before) => new Map(before).set(column, to)),
    [],
  );
  const fit = useCallback((column: number) => {
    setChanged((before) => new Map([...before].filter(([other]) => other !== column)));
  }, []);
  const selectColumn = (column: number, extend: boolean) => {
    if (length === 0) return;
    const from = extend && selection ? selection.anchor.column : column;
    onSelect({ anchor: { row: 0, column: from }, focus: { row: length - 1, column }, rows: false });
    scroller.current?.focus({ preventScroll: true });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === 'c' && selection) {
      event.preventDefault();
      return onCopy();
    }
    if (event.key === 'Escape' && (selection || hovered)) {
      event.stopPropagation();
      setHovered(undefined);
      // The first closes the hint about a masked cell, the second ends the selection.
      return tipClosed || !focus || !rows.columns[focus.column]?.masked
        ? onSelect(undefined)
        : setTipClosed(true);
    }
    if (event.key === 'Enter' && !command && focus) {
      event.preventDefault();
      return onOpen(focus);
    }
    if (event.altKey && focus && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
      event.preventDefault();
      const now = (edges[focus.column + 1] ?? 0) - (edges[focus.column] ?? 0);
      const by = event.key === 'ArrowLeft' ? -RESIZE_STEP : RESIZE_STEP;
      return resize(focus.column, Math.max(NARROWEST, now + by));
    }
    const page = Math.max(1, Math.floor(height / ROW_HEIGHT) - 1);
    const next = moveSelection(selection, { key: event.key, shift: event.shiftKey, command }, size, page);
    if (next === undefined) return;
    event.preventDefault();
    setTipClosed(false);
    onSelect(next);
    if (!(command && event.key.toLowerCase() === 'a')) reveal(next.focus);
  };

  const cellAt = (target: EventTarget): Cell | 'row' | undefined => {
    if (!(target instanceof HTMLElement)) return undefined;
    const row = Number(target.closest<HTMLElement>('[data-row]')?.dataset.row ?? Number.NaN);
    if (Number.isNaN(row)) return undefined;
    const column = target.closest<HTMLElement>('[data-column]')?.dataset.column;
    return column === undefined ? 'row' : { row, column: Number(column) };
  };
  /** The cell under a point, also beyond the edge of what is in view. */
  const cellUnder = (clientX: number, clientY: number): Cell => {
    const box = scroller.current?.getBoundingClientRect() ?? new DOMRect();
    const row = Math.floor((clientY - box.top - HEAD_HEIGHT + top) / ROW_HEIGHT);
    const x = clientX - box.left + left - indexWidth;
    const column = edges.findIndex((edge) => edge > x) - 1;
    return {
      row: Math.max(0, Math.min(length - 1, row)),
      column: Math.max(0, column < -1 || x > (edges.at(-1) ?? 0) ? size.columns - 1 : column),
    };
  };
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    const cell = cellAt(event.target);
    if (event.button !== 0 || cell === undefined) return;
    const at = cell === 'row' ? { ...cellUnder(event.clientX, event.clientY), column: 0 } : cell;
    const anchor = event.shiftKey && selection ? selection.anchor : at;
    onSelect({ anchor, focus: at, rows: cell === 'row' });
    setTipClosed(false);
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) {
      const at = cellUnder(event.clientX, event.clientY);
      if (selection && (at.row !== focus?.row || at.column !== focus.column)) {
        onSelect({ ...selection, focus: at });
        reveal(at);
      }
      return;
    }
    const cell = cellAt(event.target);
    const masked =
      cell !== undefined && cell !== 'row' && rows.columns[cell.column]?.masked ? cell : undefined;
    if (masked?.row !== hovered?.row || masked?.column !== hovered?.column) setHovered(masked);
  };

  const firstRow = Math.floor(top / ROW_HEIGHT);
  // Rows keep their place within a block while they are in view, so that scrolling draws only those that appear.
  const block = firstRow - (firstRow % BLOCK);
  const shownRows = Math.min(length - firstRow, Math.ceil(height / ROW_HEIGHT) + 1);
  // Elements are used again by their place in the pool, so that scrolling changes texts and makes no elements.
  const pool = Math.ceil(height / ROW_HEIGHT) + 2;
  const drawn = Array.from({ length: Math.max(0, shownRows) }, (_, index) => firstRow + index);
  const tipped = hovered ?? (single && !tipClosed ? focus : undefined);
  const inView =
    focus !== undefined &&
    focus.row >= firstRow &&
    focus.row < firstRow + shownRows &&
    focus.column >= first &&
    focus.column <= last;

  return (
    <div className="rgrid">
      <div
        ref={scroller}
        className="rgrid-scroll"
        role="grid"
        tabIndex={0}
        aria-label={label}
        aria-rowcount={length + 1}
        aria-colcount={size.columns + 1}
        aria-multiselectable="true"
        aria-activedescendant={inView ? `${id}-${focus.row}-${focus.column}` : undefined}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setHovered(undefined)}
        onDoubleClick={(event) => {
          const cell = cellAt(event.target);
          if (cell !== undefined && cell !== 'row') onOpen(cell);
        }}
        onFocus={() => {
          if (selection === undefined && length > 0 && scroller.current?.matches(':focus-visible'))
            onSelect(selectCell({ row: firstRow, column: first }));
        }}
      >
        <div
          role="presentation"
          className="rgrid-space"
          style={{ height: spacer + HEAD_HEIGHT, width: indexWidth + (edges.at(-1) ?? 0) }}
        >
          <div role="presentation" className="rgrid-view" style={{ height: height + HEAD_HEIGHT }}>
            <GridHead
              columns={rows.columns}
              edges={edges}
              indexWidth={indexWidth}
              first={first}
              last={last}
              onSelect={selectColumn}
              onResize={resize}
              onFit={fit}
            />
            <div
              role="presentation"
              className="rgrid-rows"
              style={{ transform: `translateY(${block * ROW_HEIGHT - top}px)` }}
            >
              {drawn.map((row) => {
                const inside = range !== undefined && row >= range.top && row <= range.bottom;
                return (
                  <GridRow
                    key={row % pool}
                    id={id}
                    rows={rows}
                    row={row}
                    y={(row - block) * ROW_HEIGHT}
                    indexWidth={indexWidth}
                    edges={edges}
                    first={first}
                    last={last}
                    left={inside ? range.left : 0}
                    right={inside ? range.right : -1}
                    lit={single && inside}
                    focus={row === focus?.row ? focus.column : -1}
                  />
                );
              })}
            </div>
          </div>
        </div>
      </div>
      {tipped && rows.columns[tipped.column]?.masked ? (
        <MaskTip
          column={rows.columns[tipped.column]}
          x={Math.max(8, Math.min(indexWidth + (edges[tipped.column] ?? 0) - left + 12, width - 276))}
          y={HEAD_HEIGHT + (tipped.row + 1) * ROW_HEIGHT - top + 6}
          height={height + HEAD_HEIGHT}
        />
      ) : null}
    </div>
  );
}
