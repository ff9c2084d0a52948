import { Client } from 'pg';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../test/support/database.ts';
import {
  credentialOf,
  listenPostgres,
  type PostgresListener,
} from '../../../../../test/support/postgres-listener.ts';
import { RawPostgres } from '../../../../../test/support/raw-postgres.ts';
import { TestSession } from '../../../../../test/support/test-session.ts';
import { createAnalysis } from '../analysis/create-analysis.ts';

const { parse, bind, execute, sync, query } = serialize;

let database: TestDatabase;
let listener: PostgresListener;
let admin: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  admin = new Client(database.url);
  await admin.connect();
  await admin.query(`
    CREATE TABLE orders (id int PRIMARY KEY, state text, at date);
    INSERT INTO orders SELECT n, CASE WHEN n % 10 = 0 THEN 'open' ELSE 'done' END, '2026-01-01' FROM generate_series(1, 1000) n;
    CREATE TABLE lines (id int, part int) PARTITION BY LIST (part);
    CREATE TABLE lines_1 PARTITION OF lines FOR VALUES IN (1);
    CREATE TABLE lines_2 PARTITION OF lines FOR VALUES IN (2);
    INSERT INTO lines SELECT n, 1 + n % 2 FROM generate_series(1, 400) n;
    CREATE TABLE ran (what text);
    CREATE FUNCTION spy(what text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
      $$BEGIN PERFORM pg_advisory_lock(4711); RETURN what; END$$;
    CREATE VIEW seen AS SELECT * FROM orders WHERE state = spy('open');
    CREATE TABLE ruled (id int, state text DEFAULT spy('new'));
    CREATE TABLE guarded (id int);
    ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
    CREATE SCHEMA other; CREATE TABLE other.twice (id int); CREATE TABLE twice (id int);
    ANALYZE;
  `);
  listener = await listenPostgres(credentialOf(database.url), {
    analyze: (session, catalogQuery) => createAnalysis({ session, catalogQuery }),
    session: (target) =>
      new TestSession(target, {
        decide: () => ({
          verdict: 'needs',
          policies: ['all-reviewed'],
          requirements: [{ kind: 'approve', policy: 'all-reviewed', count: 1, groups: ['dba'] }],
        }),
      }),
  });
});

afterAll(async () => {
  await admin?.end();
  await listener?.close();
  await database?.drop();
});

/** What reviewers are told of the rows that a statement would touch; it is denied then. */
async function estimateOf(...messages: Buffer[]): Promise<number | undefined> {
  const client = await RawPostgres.ready(listener.port);
  try {
    client.send(...messages);
    const question = await listener.sessions.at(-1)?.reviewers.next();
    const rows = await question?.held.estimate?.();
    question?.deny('no');
    await client.answer();
    return rows;
  } finally {
    client.close();
  }
}

const countOf = async (table: string): Promise<number> =>
  (await admin.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).rows[0]?.n ?? -1;

describe('the estimate of rows', () => {
  it.each([
    ['DELETE FROM orders', 1000],
    ["UPDATE orders SET state = 'x' WHERE state = 'open'", 100],
    ['DELETE FROM public.orders WHERE id = 3', 1],
    ['INSERT INTO orders (id) VALUES (2001), (2002)', 2],
    ["WITH gone AS (DELETE FROM orders WHERE state = 'open' RETURNING id) SELECT count(*) FROM gone", 100],
    ['DELETE FROM lines', 400],
    ['MERGE INTO orders USING lines ON orders.id = lines.id WHEN MATCHED THEN DELETE', 400],
    ['SELECT * FROM orders', 1000],
    ['DELETE FROM orders -- all', 1000],
    ['DELETE FROM orders;', 1000],
  ])('of %s is %i', async (text, rows) => {
    expect(await estimateOf(query(text))).toBe(rows);
    expect(await countOf('orders')).toBe(1000);
    expect(await countOf('lines')).toBe(400);
  });

  it('is made with the parameters', async () => {
    const text = 'DELETE FROM orders WHERE state = $1';
    const run = (value: string) => estimateOf(parse({ text }), bind({ values: [value] }), execute(), sync());
    expect(await run('open')).toBe(100);
    expect(await run('done')).toBe(900);
    const typed = parse({ text: 'DELETE FROM orders WHERE id < $1', types: [20] });
    const eight = Buffer.alloc(8);
    eight.writeBigInt64BE(101n);
    const rows = await estimateOf(typed, bind({ values: [eight], binary: true }), execute(), sync());
    expect(rows).toBeGreaterThan(90);
    expect(rows).toBeLessThan(110);
  });

  it.each([
    ["UPDATE orders SET state = 'x' WHERE state = spy('open')"],
    ['SELECT * FROM seen'],
    ['INSERT INTO ruled (id) VALUES (1)'],
    ['DELETE FROM guarded'],
    ['DELETE FROM twice'],
    ['DELETE FROM nowhere'],
    ['SELECT 1; DELETE FROM orders'],
    ['EXPLAIN ANALYZE DELETE FROM orders'],
    ['TRUNCATE orders'],
    ['COPY orders TO STDOUT'],
  ])('is not made of %s', async (text) => {
    expect(await estimateOf(query(text))).toBeUndefined();
    const locked = await admin.query("SELECT FROM pg_locks WHERE locktype = 'advisory'");
    expect(locked.rowCount).toBe(0);
  });

  it('is not waited for where the table is locked', async () => {
    const client = await RawPostgres.ready(listener.port);
    await admin.query('BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
    try {
      client.send(query('DELETE FROM orders'));
      const question = await listener.sessions.at(-1)?.reviewers.next();
      expect(await question?.held.estimate?.()).toBeUndefined();
    } finally {
      await admin.query('ROLLBACK');
      client.close();
    }
  });
});
