/** Names of PostgreSQL's built-in types by OID, as SQL spells them (`pg_type.dat` of PostgreSQL 18). */
const BUILT_IN: ReadonlyMap<number, string> = new Map([
  [16, 'boolean'], [17, 'bytea'], [18, '"char"'], [19, 'name'], [20, 'bigint'], [21, 'smallint'], [23, 'integer'],
  [24, 'regproc'], [25, 'text'], [26, 'oid'], [27, 'tid'], [28, 'xid'], [29, 'cid'], [114, 'json'], [142, 'xml'],
  [600, 'point'], [601, 'lseg'], [602, 'path'], [603, 'box'], [604, 'polygon'], [628, 'line'], [650, 'cidr'],
  [700, 'real'], [701, 'double precision'], [705, 'unknown'], [718, 'circle'], [774, 'macaddr8'], [790, 'money'],
  [829, 'macaddr'], [869, 'inet'], [1000, 'boolean[]'], [1001, 'bytea[]'], [1005, 'smallint[]'], [1007, 'integer[]'],
  [1009, 'text[]'], [1014, 'character[]'], [1015, 'character varying[]'], [1016, 'bigint[]'], [1021, 'real[]'],
  [1022, 'double precision[]'], [1028, 'oid[]'], [1042, 'character'], [1043, 'character varying'], [1082, 'date'],
  [1083, 'time'], [1114, 'timestamp'], [1115, 'timestamp[]'], [1182, 'date[]'], [1184, 'timestamptz'],
  [1185, 'timestamptz[]'], [1186, 'interval'], [1231, 'numeric[]'], [1266, 'timetz'], [1560, 'bit'],
  [1562, 'bit varying'], [1700, 'numeric'], [2205, 'regclass'], [2206, 'regtype'], [2249, 'record'], [2278, 'void'],
  [2950, 'uuid'], [2951, 'uuid[]'], [3220, 'pg_lsn'], [3614, 'tsvector'], [3615, 'tsquery'], [3802, 'jsonb'],
  [3807, 'jsonb[]'], [3904, 'int4range'], [3906, 'numrange'], [3908, 'tsrange'], [3910, 'tstzrange'],
  [3912, 'daterange'], [3926, 'int8range'], [4072, 'jsonpath'], [4089, 'regnamespace'],
]);

/** The name of a type; those of the database itself by what was learnt of them, else by number. */
export const typeName = (oid: number, learnt: ReadonlyMap<number, string>): string =>
  BUILT_IN.get(oid) ?? learnt.get(oid) ?? `oid:${oid}`;
