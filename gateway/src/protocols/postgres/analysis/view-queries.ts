/**
 * What is asked of a target about its views. The queries behind them are read as the server keeps them
 * (`pg_rewrite.ev_action`, a tree of nodes as text, see outfuncs.c), because that is a row like any other: having one
 * written out by `pg_get_viewdef` waits for a lock on every relation it reads, and so for the longest ALTER TABLE.
 * In such a text names are escaped and constants are numbers, so that what is looked for can't stand in them.
 */

/** The queries behind views and materialized views; `||` has each unpacked once. */
export const viewTrees = `
  trees as materialized (
    select r.ev_class as view, r.ev_action::pg_catalog.text || '' as tree
    from pg_catalog.pg_rewrite r where r.ev_type = '1' and r.ev_class >= 16384)`;

/** Views that can't be written out without waiting: they, or what they read, are locked against reading, or about to be. */
export const lockedViews = `
  held as materialized (
    select l.relation from pg_catalog.pg_locks l
    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.database =
      (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())),
  locked as materialized (
    select h.relation as view from held h
    union
    select r.ev_class from held h
    join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = h.relation
      and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    join pg_catalog.pg_rewrite r on r.oid = d.objid and r.ev_type = '1')`;

/** An entry of a range table that is a relation, and a call. */
const relation = ':rtekind 0 ';
const call = '{FUNCEXPR ';
/** What follows each `mark` in a tree. */
const after = (tree: string, mark: string): string =>
  `pg_catalog.unnest((pg_catalog.string_to_array(${tree}, '${mark}'))[2:])`;

export const viewParts = {
  /**
   * view, whether its query is of a form known here, the one relation of its FROM where that is all that stands there,
   * whether it locks rows. In the tree the relations that FROM brings in come before `jointree`, and queries within FROM
   * or WITH as well.
   */
  viewShapes: `
    select pg_catalog.json_build_array(trees.view,
      case when trees.tree like '({QUERY :commandType 1 %' and s.rest <> '' then 't' else 'f' end,
      case when pg_catalog.split_part(s.head, '{QUERY ', 3) = ''
          and pg_catalog.left(s.rest, 80) ~ '^[{]FROMEXPR :fromlist [(][{]RANGETBLREF :rtindex [0-9]+[}][)]'
        then (select pg_catalog.max(pg_catalog.split_part(piece, ' ', 2)) from ${after('s.head', relation)} piece
          where pg_catalog.split_part(piece, ' ', 2) <> trees.view::pg_catalog.text) end,
      case when pg_catalog.strpos(trees.tree, '{ROWMARKCLAUSE ') > 0 then 't' else 'f' end)
    from trees, lateral (select pg_catalog.split_part(trees.tree, ' :jointree ', 1) as head,
      pg_catalog.split_part(trees.tree, ' :jointree ', 2) as rest offset 0) s`,
  /** view, entry of a relation it reads: `:relid`, OID, and further on whether with those that inherit from it */
  viewReads: `
    select pg_catalog.json_build_array(trees.view, pg_catalog.left(piece, 120))
    from trees, ${after('trees.tree', relation)} piece`,
  /**
   * view, schema and name of a function of the system that it calls (casts left out; null where that can't be told),
   * whether with a constant relation
   */
  viewCalls: `
    select pg_catalog.json_build_array(c.view, n.nspname, p.proname, c.constant)
    from (select distinct trees.view,
        case when piece like ':funcid %' then pg_catalog.split_part(piece, ' ', 2)::pg_catalog.oid end as oid,
        case when pg_catalog.strpos(pg_catalog.left(piece, 250), ' :args ({CONST :consttype 2205 ') > 0 then 't' else 'f' end as constant
      from trees, ${after('trees.tree', call)} piece
      where pg_catalog.left(pg_catalog.split_part(pg_catalog.left(piece, 150), ' :funcformat ', 2), 1) not in ('1', '2')) c
    left join pg_catalog.pg_proc p on p.oid = c.oid
    left join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where c.oid is null or c.oid < 16384`,
  /** view, catalog of what it depends on (r relation, f function, o operator, t type), oid; nothing of the system's own */
  viewNeeds: `
    select pg_catalog.json_build_array(r.ev_class,
      case d.refclassid when 'pg_catalog.pg_class'::pg_catalog.regclass then 'r'
        when 'pg_catalog.pg_proc'::pg_catalog.regclass then 'f'
        when 'pg_catalog.pg_operator'::pg_catalog.regclass then 'o' else 't' end,
      d.refobjid)
    from pg_catalog.pg_rewrite r
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid
    where r.ev_type = '1' and r.ev_class >= 16384 and d.refobjid <> r.ev_class
      and d.refclassid in ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass,
        'pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass)
    group by r.ev_class, d.refclassid, d.refobjid`,
} as const;

/** view, definition written out, null where that would have to wait for a lock. Only this part waits for locks. */
export const definitions = `
    select pg_catalog.json_build_array(c.oid,
      case when c.oid in (select view from locked) then null else pg_catalog.pg_get_viewdef(c.oid) end)
    from pg_catalog.pg_class c where c.relkind in ('v', 'm') and c.oid >= 16384`;

/** The same, when none is to be written out. */
export const noDefinitions = `
    select pg_catalog.json_build_array(c.oid, null)
    from pg_catalog.pg_class c where c.relkind in ('v', 'm') and c.oid >= 16384`;
