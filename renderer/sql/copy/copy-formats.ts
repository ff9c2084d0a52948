import type { SelectedRange } from '../grid/selection.ts';
import { cellText, type GridColumn, type GridRows, isNumeric } from '../rows/grid-rows.ts';

export type CopyFormat = 'csv' | 'json' | 'insert' | 'tsv';

/** Text in pieces of a few rows, so that a caller can stop, count or give way between them. */
export type CopyPieces = Generator<string, void, undefined>;

interface CopySource {
  readonly rows: GridRows;
  readonly range: SelectedRange;
}

const ROWS_A_PIECE = 200;

function* pieces(
  { rows, range }: CopySource,
  head: string,
  line: (values: readonly (string | null)[], index: number) => string,
  tail = '',
): CopyPieces {
  let piece = head;
  for (let row = range.top; row <= range.bottom; row++) {
    const values: (string | null)[] = [];
    for (let column = range.left; column <= range.right; column++) values.push(cellText(rows, row, column));
    piece += line(values, row - range.top);
    if ((row - range.top) % ROWS_A_PIECE === ROWS_A_PIECE - 1) {
      yield piece;
      piece = '';
    }
  }
  yield piece + tail;
}

const columnsOf = ({ rows, range }: CopySource): readonly GridColumn[] =>
  rows.columns.slice(range.left, range.right + 1);

/**
 * RFC 4180 with a line of names. NULL is an empty field, an empty text `""`. Values stay as they are: what begins
 * like a formula is counted (`formulaCells`) and told, not altered.
 */
export function csv(source: CopySource): CopyPieces {
  const names = columnsOf(source).map(({ name }) => csvField(name));
  return pieces(source, `${names.join(',')}\r\n`, (values) => `${values.map(csvField).join(',')}\r\n`);
}

function csvField(value: string | null): string {
  if (value === null) return '';
  return value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Tab-separated without names, for spreadsheets and editors; tabs and line ends inside a value become spaces. */
export function tsv(source: CopySource): CopyPieces {
  const field = (value: string | null) => (value ?? '').replace(/[\t\r\n]+/g, ' ');
  return pieces(source, '', (values, index) => (index === 0 ? '' : '\n') + values.map(field).join('\t'));
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** An array of objects, values as `row_to_json` gives them: numbers with all their digits, `json` as it is. */
export function json(source: CopySource): CopyPieces {
  const columns = columnsOf(source);
  const keys = distinctNames(columns).map((name) => JSON.stringify(name));
  const line = (values: readonly (string | null)[], index: number) => {
    const fields = values.map((value, column) => `${keys[column]}: ${jsonValue(value, columns[column])}`);
    return `${index === 0 ? '\n' : ',\n'}  { ${fields.join(', ')} }`;
  };
  return pieces(source, '[', line, '\n]\n');
}

function jsonValue(value: string | null, column: GridColumn | undefined): string {
  if (value === null) return 'null';
  if (column === undefined || column.masked) return JSON.stringify(value);
  if (isNumeric(column) && JSON_NUMBER.test(value)) return value;
  if (column.type === 'bool' && (value === 't' || value === 'f')) return String(value === 't');
  if ((column.type === 'json' || column.type === 'jsonb') && isJson(value))
    return value.replace(/[\r\n]+/g, ' ');
  return JSON.stringify(value);
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

/** Two columns of one name would be one key. */
function distinctNames(columns: readonly GridColumn[]): string[] {
  const taken = new Set<string>();
  return columns.map(({ name }) => {
    let free = name;
    for (let count = 2; taken.has(free); count++) free = `${name}_${count}`;
    taken.add(free);
    return free;
  });
}

/** A value as an SQL literal, for `standard_conforming_strings`, which has been PostgreSQL's default since 9.1. */
function literal(value: string | null, column: GridColumn | undefined): string {
  if (value === null) return 'NULL';
  const plain = column !== undefined && !column.masked;
  if (plain && isNumeric(column) && JSON_NUMBER.test(value)) return value;
  if (plain && column.type === 'bool' && (value === 't' || value === 'f'))
    return value === 't' ? 'true' : 'false';
  return `'${value.replaceAll("'", "''")}'`;
}

/** Quoted always: a name may be a key word, and PostgreSQL folds unquoted ones. */
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** One INSERT a row; says first which values are masked, since they would overwrite real ones. */
export function insert(source: CopySource, table: readonly string[]): CopyPieces {
  const columns = columnsOf(source);
  const hidden = columns.filter(({ masked }) => masked);
  const notes = hidden.map(
    ({ name, masked }) => `-- ${oneLine(name)} was masked by ${masked?.rule ?? ''}: not the real values\n`,
  );
  const target = table.map(quoteIdentifier).join('.');
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const begin = `INSERT INTO ${target} (${names}) VALUES (`;
  const line = (values: readonly (string | null)[]) =>
    `${begin}${values.map((value, index) => literal(value, columns[index])).join(', ')});\n`;
  return pieces(source, notes.join(''), line);
}

const oneLine = (text: string) => text.replace(/[\r\n]+/g, ' ');

export function copyAs(format: CopyFormat, source: CopySource, table: readonly string[]): CopyPieces {
  switch (format) {
    case 'csv':
      return csv(source);
    case 'json':
      return json(source);
    case 'insert':
      return insert(source, table);
    case 'tsv':
      return tsv(source);
    default:
      return format satisfies never;
  }
}

/**
 * Cells that a spreadsheet may run as a formula when it opens a CSV (OWASP, *CSV Injection*): those that begin with
 * `=`, `+`, `-`, `@` or a tab and aren't plain numbers.
 * @param most stop counting there.
 */
export function formulaCells({ rows, range }: CopySource, most = 1000): number {
  let count = 0;
  for (let column = range.left; column <= range.right; column++) {
    const shown = rows.columns[column];
    if (shown === undefined || isNumeric(shown)) continue;
    for (let row = range.top; row <= range.bottom && count < most; row++) {
      const first = rows.store.cell(row, column)?.[0];
      if (first !== undefined && STARTS.has(first)) {
        if (!/^[+-]?[\d.,]+$/.test(cellText(rows, row, column) ?? '')) count++;
      }
    }
  }
  return count;
}

const STARTS: ReadonlySet<number> = new Set([...'=+-@\t\r'].map((character) => character.charCodeAt(0)));
