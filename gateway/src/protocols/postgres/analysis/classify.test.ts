import { beforeAll, describe, expect, it } from 'vitest';
import { classify } from './classify.ts';
import { relationText } from './relations.ts';
import { SqlParser } from './sql-parser.ts';

let parser: SqlParser;
beforeAll(async () => {
  parser = await SqlParser.load();
});

function read(sql: string) {
  const parsed = parser.parse(sql);
  if ('sqlstate' in parsed) throw new Error(parsed.message);
  return parsed.map(({ node }) => classify(node));
}

/** `verb: action object, …` of each statement, in the order of the acts. */
const acts = (sql: string): string =>
  read(sql)
    .map(({ verb, acts }) => {
      const each = acts.map(({ name, relation, object }) =>
        [name, relation ? relationText(relation) : object].filter(Boolean).join(' '),
      );
      return `${verb}: ${each.join(', ')}`;
    })
    .join('; ');

describe('statements and what they do', () => {
  it.each([
    ['select 1', 'select: sql.read'],
    ['select * from public.a, b', 'select: sql.read public.a, sql.read b'],
    ['table a', 'select: sql.read a'],
    ['values (1)', 'select: sql.read'],
    ['select * from a for update', 'select for update: sql.read a, sql.write a'],
    ['select * into b from a', 'select into: sql.read a, sql.ddl b'],
    ['insert into a values (1)', 'insert: sql.write a'],
    ['insert into a select * from b returning *', 'insert: sql.read a, sql.read b, sql.write a'],
    ['update a set x = 1', 'update: sql.read a, sql.write a'],
    ['delete from a using b', 'delete: sql.read a, sql.read b, sql.write a'],
    ['merge into a using b on true when matched then delete', 'merge: sql.read a, sql.read b, sql.write a'],
    ['with x as (delete from a returning *) select * from x', 'select: sql.read a, sql.write a'],
    ['explain analyze delete from a', 'explain delete: sql.read a, sql.write a'],
    ['prepare p as update a set x = 1', 'prepare update: sql.read a, sql.write a'],
    ['declare c cursor for select * from a', 'declare select: sql.read a'],
    ['truncate a, b', 'truncate: sql.write a, sql.write b'],
    ['copy a from stdin', 'copy from: sql.copy a, sql.write a'],
    ['copy a to stdout', 'copy to: sql.copy a, sql.read a'],
    ['copy (select * from a) to stdout', 'copy to: sql.copy, sql.read a'],
    ['copy (delete from a returning *) to stdout', 'copy to: sql.copy, sql.read a, sql.write a'],
    ["copy a from '/etc/passwd'", 'copy from: sql.exec, sql.copy a, sql.write a'],
    ["copy a to program 'sh'", 'copy to: sql.exec, sql.copy a, sql.read a'],
    ['create table a (x int)', 'create table: sql.ddl a'],
    ['create table a as select * from b', 'create table as: sql.ddl a, sql.read b'],
    ['create view a as select * from b', 'create view: sql.ddl a, sql.read b'],
    ['drop table s.a, b', 'drop: sql.ddl s.a, sql.ddl b'],
    ['alter table a add column x int', 'alter table: sql.ddl a'],
    ['grant select on a to x', 'grant: sql.ddl a'],
    ['create role x', 'create role: sql.ddl'],
    ['do $$ begin end $$', 'do: sql.exec'],
    ['call f(1)', 'call: sql.exec'],
    ["load 'x'", 'load: sql.exec'],
    ['alter system set x = 1', 'alter system: sql.exec'],
    ['create extension dblink', 'create extension: sql.ddl, sql.exec'],
    ['begin', 'begin: sql.session'],
    ['savepoint a', 'savepoint: sql.session'],
    ["prepare transaction 'x'", 'prepare transaction: sql.exec'],
    ["commit prepared 'x'", 'commit prepared: sql.exec'],
    ["set timezone = 'UTC'", 'set: sql.session'],
    ['reset all', 'reset: sql.session'],
    ['show all', 'show: sql.session'],
    ['discard all', 'discard: sql.session'],
    ['set role admin', 'set: sql.exec role'],
    ['set role none', 'set: sql.session'],
    ['set session authorization bob', 'set: sql.exec session_authorization'],
    ['set session_replication_role = replica', 'set: sql.exec session_replication_role'],
    ["select set_config('role', 'admin', false)", 'select: sql.read, sql.exec role'],
    ["select set_config('timezone', 'UTC', false)", 'select: sql.read, sql.session'],
    [
      "alter role x set session_preload_libraries = 'y'",
      'alter role: sql.ddl, sql.exec session_preload_libraries',
    ],
    ['lock table a in access share mode', 'lock table: sql.session a'],
    ['lock table a', 'lock table: sql.write a'],
    ['listen x', 'listen: sql.session'],
    ['vacuum a', 'vacuum: sql.ddl a'],
    ["select nextval('s')", 'select: sql.read, sql.write'],
    ['select pg_advisory_lock(1)', 'select: sql.read, sql.session'],
    ['select pg_sleep(1), lower(x), pg_catalog.count(*) from a', 'select: sql.read a'],
    ["select pg_read_file('x')", 'select: sql.read, sql.exec pg_read_file'],
    ["select lo_import('x')", 'select: sql.read, sql.exec lo_import'],
    ["select dblink('x', 'y')", 'select: sql.read, sql.exec dblink'],
    ['select pg_terminate_backend(1)', 'select: sql.read, sql.exec pg_terminate_backend'],
    ['select somebody.f(1)', 'select: sql.read, sql.exec somebody.f'],
    ['select lower(x), other.lower(x) from a', 'select: sql.read a, sql.exec other.lower'],
    [
      'update pg_catalog.pg_class set relname = null',
      'update: sql.read pg_catalog.pg_class, sql.exec pg_catalog.pg_class',
    ],
    [
      'begin; delete from a; commit',
      'begin: sql.session; delete: sql.read a, sql.write a; commit: sql.session',
    ],
  ])('%s', (sql, expected) => expect(acts(sql)).toBe(expected));
});

describe('names of common table expressions', () => {
  it.each([
    ['with a as (select 1) select * from a', 'select: sql.read'],
    ['with a as (select * from a) select * from a', 'select: sql.read a'],
    ['with a as (select 1), b as (select * from a) select * from b', 'select: sql.read'],
    ['with b as (select * from a), a as (select 1) select * from b', 'select: sql.read a'],
    ['with recursive b as (select * from a), a as (select 1) select * from b', 'select: sql.read'],
    ['with a as (select 1) select * from s.a', 'select: sql.read s.a'],
    ['select * from (with a as (select 1) select * from a) x, a', 'select: sql.read a'],
    ['with a as (select 1) delete from a', 'delete: sql.read a, sql.write a'],
  ])('%s', (sql, expected) => expect(acts(sql)).toBe(expected));
});

it('gives policies the facts they may ask for', () => {
  const [one] = read('delete from a where lower(x) = f(y)');
  expect(one?.context).toEqual({ verb: 'delete', tables: ['a'], hasWhere: true, functions: ['lower', 'f'] });
  expect(read('update a set x = 1')[0]?.context).toMatchObject({ hasWhere: false });
});

it('every kind of statement the parser knows is either named or not analysable', () => {
  expect(acts('create access method x type table handler y')).toMatch(/sql\.exec/);
});
