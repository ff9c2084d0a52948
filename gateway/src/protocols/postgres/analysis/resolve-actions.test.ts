import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../test/support/database.ts';
import { AnalysisCache } from './analysis-cache.ts';
import type { Catalog } from './catalog.ts';
import { executed } from './executed.ts';
import { loadCatalog } from './load-catalog.ts';
import { resolveActions } from './resolve-actions.ts';

const schema = `
  create schema app; create schema archive;
  create table customers (id int primary key, name text, email text unique);
  create table app.customers (id int);
  create table orders (id int primary key, customer_id int references customers on delete cascade on update cascade,
    email text references customers (email) on delete set null);
  create table items (id int, order_id int references orders on delete cascade);
  create table notes (id int, item int, customer_id int references customers);
  create table events (id int, at date) partition by range (id);
  create table events_low partition of events for values from (0) to (100) partition by range (id);
  create table archive.events_lowest partition of events_low for values from (0) to (10);
  create table parent (id int); create table child () inherits (parent);
  create sequence numbers;

  create view names as select id, name from customers where id in (select customer_id from orders);
  create view more_names as select n.id as number from names n;
  create view joined as select c.id from customers c join items i on i.id = c.id;
  create view counting as select nextval('numbers') as n;
  create view locked as select pg_try_advisory_lock(1);
  create materialized view copy as select id, nextval('numbers') as n from customers;
  create view moved as select id from notes;
  create rule moved as on delete to moved do instead delete from items where id = old.id;
  create table ruled (id int);
  create rule audit as on insert to ruled do also insert into notes values (new.id);

  create function stable_f(int) returns int stable language sql as 'select 1';
  create function volatile_f(int) returns int language sql as 'select 1';
  create function app.volatile_f(text) returns int language sql as 'select 1';
  create function label(orders) returns text language sql as 'select 1::text';
  create function lower(orders) returns text stable language sql as 'select 1::text';
  create function lo_unlink(orders) returns int stable language sql as 'select 1';
  create view calling as select volatile_f(id) from notes;
  create aggregate gather (int) (sfunc = volatile_sum, stype = int);
  create procedure work() language plpgsql as 'begin end';
  create function checked(text) returns boolean language sql as 'select true';
  create domain careful as text check (checked(value));
  create domain plain as text check (value <> '');
  create type pair as (a int, b int);
  create function before(pair, pair) returns boolean language sql as 'select true';
  create operator < (function = before, leftarg = pair, rightarg = pair);
  create operator @#@ (function = volatile_sum, leftarg = int, rightarg = int);

  create view only_parent as select id from only parent;
  create view whole_family as select id from parent;
  create view locking as select id from notes for update;
  create view typed as select 'x'::careful as c, 1 @#@ 2 as o;
  create view labelled as select o.label from orders o;
  create view statistics as select tablename from pg_stats;
  create view setting as select set_config('work_mem', '1MB', false);
  create view gone as select lo_unlink(1);
  create view sampled as select id from notes tablesample bernoulli (1);
  create view grouped as with n as (select id from notes) select count(*) from n, lateral (select id from items) i;
  create view "{Q :rtekind 0 :relid 1259 " as select id as " :rtekind 0 :relid 1260 ", ' :rtekind 0 :relid 1261 ' as x from notes;
`;

let database: TestDatabase;
let client: Client;
let cache: AnalysisCache;
let catalog: Catalog;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new Client(database.url);
  await client.connect();
  await client.query("create function volatile_sum(int, int) returns int language sql as 'select 1'");
  await client.query(schema);
  cache = await AnalysisCache.load();
  catalog = await load();
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

async function load(): Promise<Catalog> {
  await client.query('set search_path = pg_catalog');
  const ask = async (sql: string) => {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows.map((row) => row.map((value) => (value === null ? null : String(value))));
  };
  return loadCatalog(ask, [], cache.parser);
}

function resolve(sql: string) {
  const names = { prepared: () => undefined, isCursor: () => false };
  return executed(cache.read(sql).statements, names).map((each) => resolveActions(each, catalog));
}

const written = (sql: string): string =>
  [
    ...new Set(
      resolve(sql).flatMap(({ actions }) =>
        actions.map(({ name, object }) => (object === undefined ? name : `${name} ${object}`)),
      ),
    ),
  ]
    .sort()
    .join(', ');
const sorted = (expected: string): string => expected.split(', ').sort().join(', ');

describe('names', () => {
  it.each([
    ['select * from customers', 'sql.read public.customers, sql.read app.customers'],
    ['select * from public.customers', 'sql.read public.customers'],
    ['select * from notes', 'sql.read public.notes'],
    ['select * from nowhere', 'sql.read nowhere'],
    [
      'select * from pg_class, information_schema.tables',
      'sql.read pg_catalog.pg_class, sql.read information_schema.tables',
    ],
    ['insert into sql_features values (1)', 'sql.exec information_schema.sql_features'],
    ["select nextval('numbers')", 'sql.read, sql.write public.numbers'],
    ['drop schema archive cascade', 'sql.ddl, sql.ddl archive.events_lowest'],
    ['grant all on all tables in schema app to public', 'sql.ddl, sql.ddl app.customers'],
  ])('%s', (sql, expected) => expect(written(sql)).toBe(sorted(expected)));

  it('statistics quote values of every table', () => {
    const [stats] = resolve('select * from pg_stats');
    expect(stats?.actions.map(({ object }) => object)).toEqual(
      expect.arrayContaining([
        'pg_catalog.pg_stats',
        'public.customers',
        'app.customers',
        'archive.events_lowest',
      ]),
    );
    expect(stats?.actions.some(({ object }) => object === 'pg_catalog.pg_class')).toBe(false);
  });

  it('and so does a view on them', () => {
    const [stats] = resolve('select * from public.statistics');
    expect(stats?.actions.map(({ object }) => object)).toEqual(
      expect.arrayContaining(['public.statistics', 'pg_catalog.pg_stats', 'public.customers']),
    );
  });

  it('where long values are kept nobody looks', () => {
    expect(written('select * from pg_toast.pg_toast_16385')).toBe(
      'sql.read pg_toast.pg_toast_16385, sql.unanalyzable pg_toast.pg_toast_16385',
    );
  });

  it('those that the catalog does not know are told, and only where they have to be there', () => {
    expect(resolve('select * from nowhere')[0]?.unknown).toEqual([{ name: 'nowhere' }]);
    expect(resolve('create table nowhere (x int)')[0]?.unknown).toEqual([]);
  });

  it("a session's temporary tables are in pg_temp", async () => {
    await client.query('create temp table mine (x int)');
    const before = catalog;
    catalog = await load();
    expect(written('select * from mine')).toBe('sql.read pg_temp.mine');
    catalog = before;
  });

  it('policies are told the tables by their full names', () => {
    expect(resolve('select * from notes n, public.items')[0]?.actions[0]?.context).toMatchObject({
      tables: ['public.notes', 'public.items'],
    });
  });
});

describe('partitions and inheritance', () => {
  const reads = (...names: string[]) => names.map((name) => `sql.read ${name}`).join(', ');
  it.each([
    ['select * from events', reads('public.events', 'public.events_low', 'archive.events_lowest')],
    [
      'select * from archive.events_lowest',
      reads('public.events', 'public.events_low', 'archive.events_lowest'),
    ],
    ['select * from parent', reads('public.parent', 'public.child')],
    ['select * from only parent', reads('public.parent')],
    ['select * from child', reads('public.parent', 'public.child')],
  ])('%s', (sql, expected) => expect(written(sql)).toBe(sorted(expected)));
});

describe('views', () => {
  const customers = 'sql.read public.customers, sql.read public.orders';
  it.each([
    ['select * from names', `sql.read public.names, ${customers}`],
    ['select * from more_names', `sql.read public.more_names, sql.read public.names, ${customers}`],
    ['explain select * from more_names', `sql.read public.more_names, sql.read public.names, ${customers}`],
    [
      'copy (select * from names) to stdout',
      `sql.copy public.names, sql.copy public.customers, sql.copy public.orders, sql.read public.names, ${customers}`,
    ],
    ['select * from counting', 'sql.read public.counting, sql.read, sql.write public.numbers'],
    ['select * from locked', 'sql.read public.locked, sql.read, sql.session'],
    ['select * from copy', 'sql.read public.copy, sql.read public.customers'],
    ['select * from only_parent', 'sql.read public.only_parent, sql.read public.parent'],
    [
      'select * from whole_family',
      'sql.read public.whole_family, sql.read public.parent, sql.read public.child',
    ],
    ['select * from locking', 'sql.read public.locking, sql.read public.notes, sql.write public.notes'],
    [
      'select * from typed',
      'sql.read public.typed, sql.read, sql.exec cast to careful, sql.exec operator @#@',
    ],
    ['select * from labelled', 'sql.read public.labelled, sql.read public.orders, sql.exec public.label'],
    ['select * from setting', 'sql.read public.setting, sql.read, sql.exec set_config'],
    ['select * from gone', 'sql.read public.gone, sql.read, sql.exec lo_unlink'],
    ['select * from sampled', 'sql.read public.sampled, sql.read public.notes'],
    ['select * from grouped', 'sql.read public.grouped, sql.read public.notes, sql.read public.items'],
    [
      'select * from "{Q :rtekind 0 :relid 1259 "',
      'sql.read public.{Q :rtekind 0 :relid 1259 , sql.read public.notes',
    ],
    ['select * from calling', 'sql.read public.calling, sql.read public.notes, sql.exec public.volatile_f'],
    [
      'refresh materialized view copy',
      'sql.write public.copy, sql.read public.customers, sql.write public.numbers',
    ],
    [
      'insert into more_names values (1)',
      `sql.write public.more_names, sql.write public.names, sql.write public.customers, sql.read public.names, ${customers}`,
    ],
    [
      'insert into joined values (1)',
      'sql.write public.joined, sql.write public.customers, sql.write public.items, sql.read public.customers, sql.read public.items',
    ],
    [
      'delete from moved',
      'sql.read public.moved, sql.read public.notes, sql.write public.moved, sql.write public.notes, sql.read public.items, sql.write public.items',
    ],
  ])('%s', (sql, expected) => expect(written(sql)).toBe(sorted(expected)));
});

describe('what a write does elsewhere', () => {
  const own = (name: string) => `sql.read public.${name}, sql.write public.${name}`;
  it.each([
    ['delete from public.customers', `${own('customers')}, sql.write public.orders, sql.write public.items`],
    ['update public.customers set id = 2', `${own('customers')}, sql.write public.orders`],
    ["update public.customers set name = 'x'", own('customers')],
    ['insert into public.customers values (1)', 'sql.write public.customers'],
    [
      'insert into public.customers values (1) on conflict (name) do update set id = 5',
      `${own('customers')}, sql.write public.orders`,
    ],
    [
      'merge into public.customers c using notes n on c.id = n.id when matched then delete',
      `${own('customers')}, sql.read public.notes, sql.write public.orders, sql.write public.items`,
    ],
    ['truncate public.customers', 'sql.write public.customers'],
    [
      'truncate public.customers cascade',
      'sql.write public.customers, sql.write public.orders, sql.write public.items, sql.write public.notes',
    ],
    ['insert into ruled values (1)', 'sql.write public.ruled, sql.read public.notes, sql.write public.notes'],
  ])('%s', (sql, expected) => expect(written(sql)).toBe(sorted(expected)));
});

it.each([
  ['select * from only parent', []],
  ['select * from parent', ['public.child']],
  ['select * from parent, child', []],
  ['select * from archive.events_lowest', ['public.events_low', 'public.events']],
  ['select * from more_names', ['public.names', 'public.customers', 'public.orders']],
  ['select * from more_names, public.customers', ['public.names', 'public.orders']],
  ['select * from counting', []],
  ['delete from public.customers', ['public.orders', 'public.items']],
  ['select * from pg_stats', []],
])('%s needs no permit for %j, since PostgreSQL asks for no privilege', (sql, expected) => {
  const actions = resolve(sql).flatMap((each) => each.actions);
  const implied = actions.filter((action) => action.implied).map(({ object }) => object);
  expect(new Set(implied)).toEqual(new Set(expected));
});

describe('functions, operators and casts', () => {
  it.each([
    ['select stable_f(1)', 'sql.read, sql.read public.stable_f()'],
    ['select volatile_f(1)', 'sql.read, sql.exec public.volatile_f, sql.exec app.volatile_f'],
    ["select app.volatile_f('x')", 'sql.read, sql.exec app.volatile_f'],
    ['select nobody_knows(1)', 'sql.read, sql.exec nobody_knows'],
    ['select lower(o) from orders o', 'sql.read public.orders, sql.read public.lower()'],
    // The system's own function of this name is no reading.
    ['select lo_unlink(1)', 'sql.read, sql.read public.lo_unlink(), sql.exec lo_unlink'],
    ['select o.label from orders o', 'sql.read public.orders, sql.exec public.label'],
    ['select (o).label from orders o', 'sql.read public.orders, sql.exec public.label'],
    ['select o.stable_f from orders o', 'sql.read public.orders'],
    ['select gather(id) from notes', 'sql.read public.notes, sql.exec public.gather'],
    ['call work()', 'sql.exec public.work'],
    ['select 1 @#@ 2', 'sql.read, sql.exec operator @#@'],
    ['select 1 + 2', 'sql.read'],
    ['select distinct id from notes', 'sql.read public.notes, sql.exec operator <'],
    ['select id from notes order by id', 'sql.read public.notes, sql.exec operator <'],
    ['select 1 between 0 and 2', 'sql.read, sql.exec operator <'],
    ['select id from notes where id = 1', 'sql.read public.notes'],
    ["select 'x'::careful", 'sql.read, sql.exec cast to careful'],
    ["select 'x'::plain", 'sql.read'],
  ])('%s', (sql, expected) => expect(written(sql)).toBe(sorted(expected)));

  it('code may have given names to prepared statements', () => {
    expect(resolve('select volatile_f(1)')[0]?.runsCode).toBe(true);
    expect(resolve('do $$ begin end $$')[0]?.runsCode).toBe(true);
    expect(resolve('select stable_f(1)')[0]?.runsCode).toBe(false);
  });
});
