import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ClientWorld, SERVERS, startClientWorld } from '../support/client-world.ts';

let world: ClientWorld;
const open = new Set<postgres.Sql>();

beforeAll(async () => {
  world = await startClientWorld();
});
afterEach(async () => {
  await Promise.all([...open].map((sql) => sql.end({ timeout: 1 })));
  open.clear();
});
afterAll(() => world?.stop());

describe.each(SERVERS)('postgres.js on the %s server', (server) => {
  const connect = (
    to: 'production' | 'staging' | 'support',
    options: postgres.Options<Record<string, never>> = {},
  ) => {
    const { host, port, user, secret, database } = world.places[server][to];
    const sql = postgres({
      host,
      port,
      user,
      password: secret,
      database,
      max: 4,
      onnotice: () => undefined,
      ...options,
    });
    open.add(sql);
    return sql;
  };

  it('reads masked rows, prepared and simple', async () => {
    const sql = connect('production');
    const masked = { ssn: expect.stringMatching(/^•{6}\d{4}$/), phone: '••••••' };
    for (let round = 0; round < 3; round += 1) {
      expect(await sql`select id::int, ssn, phone from customers where id = ${3}`).toMatchObject([
        { id: 3, ...masked },
      ]);
    }
    expect(await sql.unsafe('select ssn, phone from customers where id = 3')).toMatchObject([masked]);
    expect(await sql`select ssn, phone from customers where id = any(${[1, 2]})`).toMatchObject([
      masked,
      masked,
    ]);
    expect(await sql`select 1 as one; select ssn from customers where id = 4`.simple()).toMatchObject([
      [{ one: 1 }],
      [{ ssn: masked.ssn }],
    ]);
    const described = await sql`select ssn, id from customers where id = ${3}`.describe();
    expect(described.columns.map(({ name }) => name)).toEqual(['ssn', 'id']);
  });

  it('reads through cursors and leaves them early', async () => {
    const sql = connect('production');
    const seen: number[] = [];
    await sql`select id::int, ssn from customers order by id limit 250`.cursor(20, (rows) => {
      expect(rows.every((row) => String(row.ssn).startsWith('••••••'))).toBe(true);
      seen.push(...rows.map((row) => Number(row.id)));
    });
    expect(seen).toEqual(Array.from({ length: 250 }, (_, n) => n + 1));
    for await (const rows of sql`select id from customers order by id`.cursor(10)) {
      expect(rows).toHaveLength(10);
      break;
    }
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  });

  it('pipelines statements of a transaction and takes it back', async () => {
    const sql = connect('staging');
    await sql`create table if not exists scratch.numbers (n int primary key, label text)`;
    try {
      const answers = await sql.begin((tx) => [
        tx`insert into scratch.numbers ${tx([
          { n: 1, label: 'one' },
          { n: 2, label: 'two' },
        ])} returning n`,
        tx`select count(*)::int as n from scratch.numbers`,
        ...Array.from({ length: 50 }, (_, n) => tx`select ${n}::int as n`),
      ]);
      expect(answers[1]).toEqual([{ n: 2 }]);
      expect(answers.slice(2).map((rows) => rows[0]?.n)).toEqual(Array.from({ length: 50 }, (_, n) => n));
      await expect(
        sql.begin(async (tx) => {
          await tx`delete from scratch.numbers`;
          await tx`insert into scratch.numbers values (3), (3)`;
        }),
      ).rejects.toMatchObject({ code: '23505', constraint_name: 'numbers_pkey' });
      expect(await sql`select count(*)::int as n from scratch.numbers`).toEqual([{ n: 2 }]);
    } finally {
      await sql`drop table scratch.numbers`;
    }
  });

  it('streams COPY in both directions', async () => {
    const sql = connect('staging');
    await sql`create table if not exists scratch.streamed (n int, label text)`;
    try {
      const lines = Array.from({ length: 50_000 }, (_, n) => `${n}\tlabel ${n}\n`);
      // Connections of their own: postgres.js doesn't give one that streamed back to the others.
      const [writer, reader] = [connect('staging', { max: 1 }), connect('staging', { max: 1 })];
      await pipeline(Readable.from(lines), await writer`copy scratch.streamed from stdin`.writable());
      let back = '';
      for await (const chunk of await reader`copy (select * from scratch.streamed order by n) to stdout`.readable())
        back += String(chunk);
      expect(back).toBe(lines.join(''));
      expect(await sql`select count(*)::int as n from scratch.streamed`).toEqual([{ n: 50_000 }]);
    } finally {
      await sql`drop table scratch.streamed`;
    }
  });

  it('is refused COPY of masked columns, and goes on', async () => {
    const sql = connect('production', { max: 1 });
    await expect(sql`copy customers (id, ssn) to stdout`.readable()).rejects.toMatchObject({
      code: '42501',
      message: expect.stringContaining('column public.customers.ssn is masked by rule customer-pii'),
    });
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  });

  it('cancels a query that runs', async () => {
    const sql = connect('production', { max: 1 });
    await sql`select 1`;
    const query = sql`select pg_sleep(60)`.execute();
    setImmediate(() => query.cancel());
    await expect(query).rejects.toMatchObject({ code: '57014' });
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
  });

  it('listens and hears', async () => {
    const sql = connect('staging');
    const heard: string[] = [];
    await sql.listen('stock', (payload) => heard.push(payload));
    await sql.notify('stock', 'low é');
    await expect.poll(() => heard).toEqual(['low é']);
  });
});
