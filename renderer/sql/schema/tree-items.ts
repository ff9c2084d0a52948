import type { SchemaTable } from '../../../main/ipc/sql-port.ts';

/** A line of the schema tree. */
export interface TreeItem {
  /** Its path, unique in the tree. */
  readonly key: string;
  readonly kind: 'database' | 'schema' | 'table' | 'view' | 'column';
  readonly name: string;
  /** At the right: number of tables, rows or the type. */
  readonly note: string;
  readonly depth: number;
  /** Undefined for what has nothing below it. */
  readonly open?: boolean;
  readonly keyColumn?: boolean;
  readonly masked?: boolean;
  /** What goes into the editor for it. */
  readonly insert: string;
}

const PLAIN = /^[a-z_][a-z0-9_$]*$/;

/** A name as it has to stand in SQL. Key words as names are rare enough to let PostgreSQL complain. */
const name = (text: string): string => (PLAIN.test(text) ? text : `"${text.replaceAll('"', '""')}"`);

/**
 * The lines to show. `public` comes first and open; a search shows only what has it in its name, opened.
 * @param toggled keys that a person opened or closed against what they are by themselves.
 */
export function treeItems(
  database: string,
  tables: readonly SchemaTable[],
  toggled: ReadonlySet<string>,
  search: string,
): TreeItem[] {
  const wanted = search.trim().toLowerCase();
  const bySchema = new Map<string, SchemaTable[]>();
  for (const table of tables) {
    if (!matches(table, wanted)) continue;
    const list = bySchema.get(table.schema);
    if (list) list.push(table);
    else bySchema.set(table.schema, [table]);
  }
  const schemas = [...bySchema].sort(
    ([a], [b]) => Number(b === 'public') - Number(a === 'public') || a.localeCompare(b),
  );
  const isOpen = (key: string, usual: boolean) =>
    wanted === '' ? usual !== toggled.has(key) : !toggled.has(`${wanted} ${key}`);

  const rootOpen = isOpen('/', true);
  const items: TreeItem[] = [
    {
      key: '/',
      kind: 'database',
      name: database,
      note: '',
      depth: 0,
      open: rootOpen,
      insert: name(database),
    },
  ];
  if (!rootOpen) return items;
  for (const [schema, listed] of schemas) {
    const key = `/${schema}`;
    const open = isOpen(key, schema === 'public' || schemas.length === 1);
    items.push({
      key,
      kind: 'schema',
      name: schema,
      note: String(listed.length),
      depth: 1,
      open,
      insert: name(schema),
    });
    if (!open) continue;
    for (const table of listed.toSorted((a, b) => a.name.localeCompare(b.name)))
      items.push(...tableItems(table, key, wanted, isOpen));
  }
  return items;
}

function tableItems(
  table: SchemaTable,
  schemaKey: string,
  wanted: string,
  isOpen: (key: string, usual: boolean) => boolean,
): TreeItem[] {
  const key = `${schemaKey}/${table.name}`;
  const ownMatch = wanted === '' || table.name.toLowerCase().includes(wanted);
  const columns = ownMatch
    ? table.columns
    : table.columns.filter((column) => column.name.toLowerCase().includes(wanted));
  const open =
    isOpen(key, false) &&
    (wanted === '' || !ownMatch || columns.some((column) => column.name.toLowerCase().includes(wanted)));
  const item: TreeItem = {
    key,
    kind: table.kind === 'view' || table.kind === 'materialized view' ? 'view' : 'table',
    name: table.name,
    note: table.rows === undefined ? '' : shortCount(table.rows),
    depth: 2,
    open,
    insert: table.schema === 'public' ? name(table.name) : `${name(table.schema)}.${name(table.name)}`,
  };
  if (!open) return [item];
  const below = columns.map(
    (column): TreeItem => ({
      key: `${key}/${column.name}`,
      kind: 'column',
      name: column.name,
      note: column.type,
      depth: 4,
      keyColumn: column.key,
      masked: column.masked,
      insert: name(column.name),
    }),
  );
  return [item, ...below];
}

const matches = (table: SchemaTable, wanted: string): boolean =>
  wanted === '' ||
  table.name.toLowerCase().includes(wanted) ||
  table.columns.some((column) => column.name.toLowerCase().includes(wanted));

/** `940`, `41 k`, `4.1 M`. */
export function shortCount(count: number): string {
  if (count < 1000) return String(Math.max(0, Math.round(count)));
  const [value, unit] =
    count < 999_500 ? [count / 1000, 'k'] : count < 999_500_000 ? [count / 1e6, 'M'] : [count / 1e9, 'G'];
  return `${value < 10 && unit !== 'k' ? value.toFixed(1).replace('.0', '') : Math.round(value)} ${unit}`;
}
