/**
 * What is asked of a target to learn what statements and data rules mean there. All of it is readable by every role, and
 * but for the definitions of views nothing of it waits for a lock on a table. PostgreSQL 13 and later. Names are
 * qualified, so that no search path changes what they mean.
 */

import { definitions, lockedViews, noDefinitions, viewParts, viewTrees } from './view-queries.ts';

/** Columns that others refer to, so that a change of theirs can change rows of other tables. */
const isKey = `exists (select from pg_catalog.pg_constraint k
  where k.contype = 'f' and k.confupdtype in ('c', 'n', 'd') and k.confrelid = a.attrelid and a.attnum = any (k.confkey))`;

/** Tables of the system catalog whose every change can change the answer. */
const watched = [
  'pg_class where relpersistence <> $$t$$',
  'pg_cast',
  'pg_constraint where contypid <> 0 or contype = $$f$$',
  'pg_extension',
  'pg_inherits',
  'pg_namespace where nspname not like $$pg_temp%$$ and nspname not like $$pg_toast%$$',
  'pg_operator where oid >= 16384',
  'pg_proc where oid >= 16384',
  'pg_rewrite where oid >= 16384',
  'pg_trigger where not tgisinternal',
  'pg_type where oid >= 16384',
];
/** What else only actions depend on, and what only data rules do. */
const watchedForActions = [`pg_attribute a where ${isKey}`];
const watchedForRules = [
  'pg_attribute where attrelid >= 16384 and attnum > 0',
  'pg_attrdef',
  'pg_foreign_table',
];

/**
 * One row, one text. Every insert, update or delete in the catalog gives row versions another `xmin`, or another
 * number of rows; statistics that VACUUM writes in place don't.
 */
const fingerprint = (masking: boolean): string =>
  [...watched, ...(masking ? watchedForRules : watchedForActions)]
    .map((table) => {
      const name = table.split(' ')[0];
      return `(select pg_catalog.concat_ws(':', '${name}', pg_catalog.count(*), pg_catalog.sum(x), pg_catalog.max(x))
      from (select xmin::pg_catalog.text::pg_catalog.int8 as x from pg_catalog.${table} offset 0) t)`;
    })
    .join(" || ' ' || ");

export const fingerprintQuery = (masking: boolean): string => `select ${fingerprint(masking)}`;

/** With the OIDs of views that are locked now, in one text. */
export const fingerprintAndLocksQuery = `with ${lockedViews}
select ${fingerprint(true)}, pg_catalog.array_to_string(array(select view from locked), ' ')`;

const parts = {
  /** oid, schema, name, kind, row type */
  relations: `
    select pg_catalog.json_build_array(c.oid, n.nspname, c.relname, c.relkind, c.reltype)
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c') and n.nspname not like 'pg_toast%'`,
  /** child, parent */
  inherits: 'select pg_catalog.json_build_array(inhrelid, inhparent) from pg_catalog.pg_inherits',
  ...viewParts,
  /**
   * oid, name, extension or null, language, schema, whether it may change something (an aggregate: whether one of its
   * functions may), whether the system has one of this name, whether it can be written like a field of a row
   */
  functions: `
    select pg_catalog.json_build_array(p.oid, p.proname, e.extname, l.lanname, n.nspname,
      case when p.provolatile = 'v' or p.prokind = 'p' or exists (
        select from pg_catalog.pg_aggregate g join pg_catalog.pg_proc s
          on s.oid in (g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggmtransfn, g.aggminvtransfn, g.aggmfinalfn)
        where g.aggfnoid = p.oid and s.provolatile = 'v') then 't' else 'f' end,
      case when exists (select from pg_catalog.pg_proc b where b.proname = p.proname and b.oid < 16384) then 't' else 'f' end,
      case when p.pronargs > 0 and p.pronargs - p.pronargdefaults <= 1 and exists (
        select from pg_catalog.pg_type t where t.oid = p.proargtypes[0] and t.typtype in ('c', 'd', 'p')) then 't' else 'f' end)
    from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    left join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid
      and d.deptype = 'e' and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
    left join pg_catalog.pg_extension e on e.oid = d.refobjid
    where p.oid >= 16384`,
  /** oid, name, function */
  operators:
    'select pg_catalog.json_build_array(oid, oprname, oprcode::pg_catalog.oid) from pg_catalog.pg_operator where oid >= 16384',
  /** source type, target type, function */
  casts: `
    select pg_catalog.json_build_array(s.typname, t.typname, c.castfunc)
    from pg_catalog.pg_cast c join pg_catalog.pg_type s on s.oid = c.castsource join pg_catalog.pg_type t on t.oid = c.casttarget
    where c.castfunc >= 16384`,
  /** domain, function that a constraint of it calls */
  domains: `
    select pg_catalog.json_build_array(con.contypid, d.refobjid)
    from pg_catalog.pg_constraint con
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and d.objid = con.oid
      and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    where con.contypid >= 16384`,
  /** relation */
  triggers: 'select pg_catalog.json_build_array(tgrelid) from pg_catalog.pg_trigger where not tgisinternal',
  /** relation */
  rewrites:
    "select pg_catalog.json_build_array(ev_class) from pg_catalog.pg_rewrite where ev_type <> '1' and ev_class >= 16384",
  /** relation, what a rule of it that changes INSERT, UPDATE or DELETE depends on (r relation, f function), oid */
  ruleNeeds: `
    select pg_catalog.json_build_array(r.ev_class,
      case d.refclassid when 'pg_catalog.pg_class'::pg_catalog.regclass then 'r' else 'f' end, d.refobjid)
    from pg_catalog.pg_rewrite r
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid
    where r.ev_type <> '1' and r.ev_class >= 16384 and d.refobjid <> r.ev_class
      and d.refclassid in ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass)`,
  /** referencing relation, referenced one, ON DELETE, ON UPDATE (c cascade, n set null, d set default), columns referenced */
  foreignKeys: `
    select pg_catalog.json_build_array(conrelid, confrelid, confdeltype, confupdtype,
      pg_catalog.array_to_string(confkey, ' '))
    from pg_catalog.pg_constraint where contype = 'f'`,
} as const;

/** Without data rules. */
const partsForActions = {
  /** relation, number, name, type: keys only */
  columns: `
    select pg_catalog.json_build_array(a.attrelid, a.attnum, a.attname, a.atttypid)
    from pg_catalog.pg_attribute a where ${isKey}`,
  /** as below: domains only */
  types: `
    select pg_catalog.json_build_array(t.oid, t.typname, t.typrelid, case when t.typcategory = 'A' then t.typelem else 0 end, t.typbasetype,
      case when t.typtype = 'b' and i.proname in ('textin', 'varcharin', 'bpcharin', 'citextin') then 't' else 'f' end)
    from pg_catalog.pg_type t join pg_catalog.pg_proc i on i.oid = t.typinput
    where t.oid >= 16384 and t.typtype = 'd'`,
} as const;

/** With them. */
const partsForRules = {
  /** relation, number, name, type */
  columns: `
    select pg_catalog.json_build_array(a.attrelid, a.attnum, a.attname, a.atttypid)
    from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
    where a.attrelid >= 16384 and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')`,
  /** relation, generated column, column it is computed from (either side, for servers before and after 15) */
  generated: `
    select pg_catalog.json_build_array(ad.adrelid, ad.adnum, d.refobjsubid)
    from pg_catalog.pg_attrdef ad
    join pg_catalog.pg_attribute a on a.attrelid = ad.adrelid and a.attnum = ad.adnum and a.attgenerated <> ''
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.objid = ad.oid
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = ad.adrelid and d.refobjsubid > 0
    union all
    select pg_catalog.json_build_array(d.objid, d.objsubid, d.refobjsubid)
    from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid = d.classid and d.objid = d.refobjid
      and d.objsubid > 0 and d.refobjsubid > 0`,
  /** oid, name, relation of a row type or 0, element of an array or 0, base of a domain or 0, whether it is text */
  types: `
    select pg_catalog.json_build_array(t.oid, t.typname, t.typrelid, case when t.typcategory = 'A' then t.typelem else 0 end, t.typbasetype,
      case when t.typtype = 'b' and i.proname in ('textin', 'varcharin', 'bpcharin', 'citextin') then 't' else 'f' end)
    from pg_catalog.pg_type t join pg_catalog.pg_proc i on i.oid = t.typinput
    where t.oid >= 16384`,
  /** relation, schema and table over there */
  foreignTables: `
    select pg_catalog.json_build_array(ft.ftrelid,
      (select option_value from pg_catalog.pg_options_to_table(ft.ftoptions) where option_name in ('schema_name', 'schema') limit 1),
      (select option_value from pg_catalog.pg_options_to_table(ft.ftoptions) where option_name in ('table_name', 'table') limit 1))
    from pg_catalog.pg_foreign_table ft`,
  /** relation, number, column over there */
  foreignColumns: `
    select pg_catalog.json_build_array(a.attrelid, a.attnum, o.option_value)
    from pg_catalog.pg_attribute a, pg_catalog.pg_options_to_table(a.attfdwoptions) o
    where a.attfdwoptions is not null and a.attnum > 0 and not a.attisdropped and o.option_name in ('column_name', 'column')`,
} as const;

export type CatalogRow = readonly (string | null)[];
export type CatalogRows = {
  readonly [Part in keyof typeof parts | keyof typeof partsForRules | 'views']: readonly CatalogRow[];
};

/**
 * How views are asked about: what they do (`queries`), which tells all actions; their definitions as well, but for those
 * that are locked (`definitions`); or each as if it were locked (`unread`).
 */
export type ViewScope = 'queries' | 'definitions' | 'unread';

/** How long a definition may wait for a lock that came a moment ago, in ms. */
const LOCK_TIMEOUT = 250;

/** All parts and the fingerprint in one statement, so in one snapshot: rows of the part's name and a JSON array. */
export function catalogQuery(views: ViewScope): string {
  const masking = views !== 'queries';
  const asked = masking
    ? { ...parts, ...partsForRules, views: views === 'unread' ? noDefinitions : definitions }
    : { ...parts, ...partsForActions };
  const selects = Object.entries(asked).map(
    ([part, query]) => `select '${part}', part.values::pg_catalog.text from (${query}) part (values)`,
  );
  return `with ${viewTrees}${views === 'definitions' ? `,${lockedViews}` : ''}
select 'patience', pg_catalog.json_build_array(pg_catalog.set_config('lock_timeout', '${LOCK_TIMEOUT}', true))::pg_catalog.text
union all
select 'fingerprint', pg_catalog.json_build_array((${fingerprint(masking)}))::pg_catalog.text
union all
${selects.join('\nunion all\n')}`;
}

/** Sorts the answer to `catalogQuery` by part. @throws Error when it isn't one. */
export function readCatalogRows(answer: readonly CatalogRow[]): { rows: CatalogRows; fingerprint: string } {
  const found = new Map<string, CatalogRow[]>();
  for (const [part, json] of answer) {
    const values: unknown = JSON.parse(json ?? '');
    if (!Array.isArray(values)) throw new Error("the target's catalog can't be read");
    const row = values.map((value) => (value === null ? null : String(value)));
    const rows = found.get(part ?? '');
    if (rows) rows.push(row);
    else found.set(part ?? '', [row]);
  }
  const fingerprint = found.get('fingerprint')?.[0]?.[0];
  if (fingerprint === null || fingerprint === undefined)
    throw new Error("the target's catalog can't be read");
  const names = [...Object.keys(parts), ...Object.keys(partsForRules), 'views'];
  const rows = Object.fromEntries(names.map((part) => [part, found.get(part) ?? []]));
  return { rows: rows as unknown as CatalogRows, fingerprint };
}
