import type { SchemaTable } from '../ipc/sql-port.ts';

/** Tables with their columns, then the database's own types. Two statements, one round trip, plain catalog reads. */
export const SCHEMA_QUERY = `
select n.nspname, c.relname, c.relkind, c.reltuples::bigint, a.attname,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       exists (select from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisprimary and a.attnum = any (i.indkey))
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition
  and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%'
order by n.nspname, c.relname, a.attnum;
select t.oid, pg_catalog.format_type(t.oid, null)
from pg_catalog.pg_type t where t.oid >= 16384 and t.typtype in ('b', 'd', 'e', 'r', 'm')`.trim();

const KINDS: Readonly<Record<string, SchemaTable['kind']>> = {
  r: 'table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  p: 'partitioned table',
};

type Row = readonly (string | null)[];

/** The rows of the first statement as a tree; they come ordered by table. */
export function schemaTables(
  rows: readonly Row[],
  isMasked: (schema: string, table: string, column: string) => boolean,
): SchemaTable[] {
  const tables: { table: Omit<SchemaTable, 'columns'>; columns: SchemaTable['columns'][number][] }[] = [];
  for (const [
    schema = '',
    name = '',
    relkind = '',
    estimate = null,
    column = '',
    type = '',
    key = '',
  ] of rows) {
    if (schema === null || name === null || column === null) continue;
    let last = tables.at(-1);
    if (last === undefined || last.table.schema !== schema || last.table.name !== name) {
      const count = Number(estimate ?? '-1');
      last = {
        // An estimate of -1 (0 before PostgreSQL 14) is one that was never made.
        table: { schema, name, kind: KINDS[relkind ?? ''] ?? 'table', ...(count > 0 ? { rows: count } : {}) },
        columns: [],
      };
      tables.push(last);
    }
    last.columns.push({
      name: column,
      type: type ?? '',
      key: key === 't',
      masked: isMasked(schema, name, column),
    });
  }
  return tables.map(({ table, columns }) => ({ ...table, columns }));
}

/** The rows of the second statement: type names by OID. */
export const typeNamesOf = (rows: readonly Row[]): ReadonlyMap<number, string> =>
  new Map(rows.flatMap(([oid, name]) => (oid && name ? [[Number(oid), name] as const] : [])));
