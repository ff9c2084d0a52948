import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../test/support/database.ts';
import { ManualClock } from '../../../../../test/support/manual-clock.ts';
import {
  credentialOf,
  listenPostgres,
  type PostgresListener,
} from '../../../../../test/support/postgres-listener.ts';
import { TestSession } from '../../../../../test/support/test-session.ts';
import type { ColumnRule } from '../../../masking/rule.ts';
import { AnalysisCache } from './analysis-cache.ts';
import { createAnalysis } from './create-analysis.ts';
import { type CatalogQuery, loadCatalog } from './load-catalog.ts';

const schema = `
  create table customers (id int primary key, ssn text, name text);
  insert into customers values (1, '123-45-6789', 'Ada');
  create table orders (id int primary key, customer_id int references customers on delete cascade);
  insert into orders values (7, 1);
  create sequence numbers;
  create view names as select id, ssn as number from customers where id in (select customer_id from orders);
  create view more_names as select number from names;
  create view order_ids as select id from orders;
  create view counting as select nextval('numbers') as n, count(*) as total from customers;
`;
const rules: readonly ColumnRule[] = [
  { rule: 'pii', schema: 'public', table: 'customers', column: 'ssn', mask: 'full' },
];
/** Waiting for the lock would take until the test ends. */
const SOON = 2000;

let database: TestDatabase;
let locker: Client;
let clock: ManualClock;
let cache: AnalysisCache;
let listener: PostgresListener | undefined;
const clients: Client[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  locker = new Client(database.url);
  locker.on('error', () => undefined);
  await locker.connect();
  await locker.query(schema);
});
afterAll(async () => {
  await locker?.end();
  await database?.drop();
});
beforeEach(async () => {
  clock = new ManualClock();
  cache = await AnalysisCache.load({ clock });
});
afterEach(async () => {
  await locker.query('rollback');
  await Promise.all(clients.splice(0).map((client) => client.end()));
  await listener?.close();
  listener = undefined;
});

const lock = (table: string) => locker.query(`begin; lock table ${table} in access exclusive mode`);

/** A client of a new session, by way of the gateway. */
async function connect(columns: readonly ColumnRule[]): Promise<Client> {
  const credential = credentialOf(database.url);
  listener ??= await listenPostgres(credential, {
    session: (target) => new TestSession(target, { rules: columns }),
    analyze: (session, catalogQuery) => createAnalysis({ session, catalogQuery, cache, target: 'here' }),
  });
  const client = new Client({
    host: '127.0.0.1',
    port: listener.port,
    user: 'alice',
    database: 'orders-db',
    connectionTimeoutMillis: SOON,
  });
  client.on('error', () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

/** What the statements of the last session were found to do, its last one first. */
const lastActions = () =>
  listener?.sessions
    .at(-1)
    ?.uses.at(-1)
    ?.actions.map(({ name, object }) => (object === undefined ? name : `${name} ${object}`));

describe('while a table is locked ACCESS EXCLUSIVE', () => {
  it('a session without data rules starts and uses all else', async () => {
    await lock('customers');
    const client = await connect([]);
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect((await client.query('select id from order_ids')).rows).toEqual([{ id: 7 }]);
  });

  it.each([
    ['select * from more_names', ['more_names', 'names', 'customers', 'orders'], []],
    ['delete from names', ['names', 'customers', 'orders'], ['names', 'customers', 'orders']],
    ['select n from counting', ['counting', 'customers'], ['numbers']],
  ])('%s is still known for what it does', async (text, reads, writes) => {
    await lock('customers');
    const analysis = await createAnalysis({
      session: new TestSession(credentialOf(database.url)),
      catalogQuery: queryAs(await direct()),
      cache,
    });
    const { actions } = await analysis.plan(text);
    expect(new Set(actions.map(({ name, object }) => `${name} ${object}`))).toEqual(
      new Set([
        ...reads.map((name) => `sql.read public.${name}`),
        ...writes.map((name) => `sql.write public.${name}`),
      ]),
    );
  });

  it('a session with data rules starts, and refuses what can not be told of views on it until the lock is gone', async () => {
    await lock('customers');
    const client = await connect(rules);
    expect((await client.query('select id from order_ids')).rows).toEqual([{ id: 7 }]);
    const reason =
      "drawbridge: public.names can't be used: it can't be told which of its columns are masked while a table that it reads is locked";
    const refusal = { message: reason, code: '42501', hint: expect.stringContaining('lock is gone') };
    await expect(client.query('select number from names')).rejects.toMatchObject(refusal);
    await expect(client.query('select number from more_names')).rejects.toMatchObject({
      message: expect.stringContaining('is locked'),
    });
    clock.advance(1000);
    await expect(client.query('select number from names')).rejects.toMatchObject(refusal);
    await locker.query('rollback');
    // Not asked about again within a second.
    await expect(client.query('select number from names')).rejects.toMatchObject(refusal);
    clock.advance(1000);
    expect((await client.query('select number from names')).rows).toEqual([{ number: '••••••' }]);
    expect((await client.query('select number from more_names')).rows).toEqual([{ number: '••••••' }]);
    expect(lastActions()).toContain('sql.read public.customers');
  });

  it('a session that has seen its views before goes on with them', async () => {
    const client = await connect(rules);
    await lock('customers');
    clock.advance(30_000);
    await client.query('select id from order_ids');
    await locker.query('rollback');
    expect((await client.query('select number from names')).rows).toEqual([{ number: '••••••' }]);
  });

  it('a view that is itself locked counts as one that can not be read', async () => {
    // LOCK would lock its tables, too.
    await locker.query('begin; alter view names rename to numbers_of_names');
    const client = await connect(rules);
    await expect(client.query('select number from names')).rejects.toMatchObject({ code: '42501' });
    expect((await client.query('select name, ssn from customers')).rows).toEqual([
      { name: 'Ada', ssn: '••••••' },
    ]);
  });

  it('a lock that nobody foresaw is not waited for either', async () => {
    const ask = queryAs(await direct());
    const asked: string[] = [];
    const catalog = await loadCatalog(
      (sql) => {
        asked.push(sql);
        return sql.includes('pg_get_viewdef')
          ? Promise.reject(
              Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' }),
            )
          : ask(sql);
      },
      rules,
      cache.parser,
    );
    expect(asked).toHaveLength(3);
    const [names] = catalog.lookup({ name: 'names' });
    expect(names).toMatchObject({ taint: expect.stringContaining('is locked'), unread: true });
    const [customers] = catalog.lookup({ name: 'customers' });
    expect(customers?.taint).toBeUndefined();
    expect(customers?.masked.size).toBe(1);
  });
});

it('waits at most a moment for a lock that comes while definitions are written out', async () => {
  const asked: string[] = [];
  await loadCatalog(
    async (sql) => {
      asked.push(sql);
      return [['fingerprint', '["x"]']];
    },
    rules,
    cache.parser,
  );
  const client = await direct();
  await client.query('begin');
  await client.query(asked[0] ?? '');
  expect((await client.query('show lock_timeout')).rows).toEqual([{ lock_timeout: '250ms' }]);
});

/** A connection of the gateway's own. */
async function direct(): Promise<Client> {
  const client = new Client(database.url);
  client.on('error', () => undefined);
  clients.push(client);
  await client.connect();
  await client.query('set search_path = pg_catalog');
  return client;
}

const queryAs =
  (client: Client): CatalogQuery =>
  async (sql) => {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows.map((row) => row.map((value) => (value === null ? null : String(value))));
  };
