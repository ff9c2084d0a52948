import { decodeCell, type MaskKind } from '@drawbridge/contract';
import type { CellBytes, RowStore } from './row-store.ts';

/** A column as the grid and the copies see it. */
export interface GridColumn {
  readonly name: string;
  /** PostgreSQL's name of the type: `text`, `int8`, … */
  readonly type: string;
  readonly format: 'text' | 'binary';
  readonly masked?: { readonly rule: string; readonly mask: MaskKind; readonly column: string };
}

/** Rows with their columns: a console's result, or a recorded one. */
export interface GridRows {
  readonly columns: readonly GridColumn[];
  readonly store: Pick<RowStore, 'length' | 'cell'>;
}

/** The value as text; null is SQL NULL, and so is what a row doesn't have. */
export function cellText({ columns, store }: GridRows, row: number, column: number): string | null {
  const bytes: CellBytes = store.cell(row, column);
  const shown = columns[column];
  if (bytes === undefined || shown === undefined) return null;
  return decodeCell(bytes, shown);
}

/** By the catalog's names, which recordings have, and by SQL's, which consoles have. */
const NUMBERS: ReadonlySet<string> = new Set([
  'smallint',
  'integer',
  'bigint',
  'real',
  'double precision',
  'int2',
  'int4',
  'int8',
  'float4',
  'float8',
  'numeric',
  'oid',
  'money',
]);

/** Whether values are numbers, to stand right and to be copied without quotes. */
export const isNumeric = (column: Pick<GridColumn, 'type'>): boolean => NUMBERS.has(column.type);

/** Short forms for the column head, where room is scarce. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ['numeric', 'num'],
  ['timestamptz', 'tz'],
  ['timestamp', 'ts'],
  ['bpchar', 'char'],
  ['varchar', 'vchar'],
  ['character varying', 'vchar'],
  ['character', 'char'],
  ['double precision', 'float8'],
]);

export const shortType = (type: string): string => SHORT.get(type) ?? type;
