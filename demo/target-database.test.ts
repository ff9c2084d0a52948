import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StablePorts } from './stable-ports.ts';
import { startTargetDatabase, type TargetDatabase } from './target-database.ts';

/** In ms: a database is made and filled, on a machine that has other things to do. */
const PATIENCE = 60_000;

let folder: string;
let target: TargetDatabase | undefined;

const start = (port: number) => startTargetDatabase({ folder, port, now: new Date(), throwaway: true });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-target-'));
  // As root the server runs as another user, who has to get through.
  await chmod(folder, 0o711);
  target = await start(await unusedPort());
}, PATIENCE);

afterAll(async () => {
  await target?.stop();
  await rm(folder, { recursive: true, force: true });
}, PATIENCE);

type Variable = 'ORDERS_DB_READ_PASSWORD' | 'ORDERS_DB_WRITE_PASSWORD' | 'ORDERS_STAGING_READ_PASSWORD';

/** Runs queries as a login of the shop, over TLS with the certificate checked as the gateway does. */
async function as<T>(
  user: string,
  variable: Variable,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  if (!target) throw new Error('The target is not running.');
  const { host, port, ca, secrets } = target;
  const client = new pg.Client({ host, port, user, database, password: secrets[variable], ssl: { ca } });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const read = <T>(work: (client: pg.Client) => Promise<T>) =>
  as('shop_read', 'ORDERS_DB_READ_PASSWORD', 'orders', work);
const write = <T>(work: (client: pg.Client) => Promise<T>) =>
  as('shop_write', 'ORDERS_DB_WRITE_PASSWORD', 'orders', work);

describe('the target database of the demo', { timeout: PATIENCE }, () => {
  it('holds a shop of some tens of thousands of rows', async () => {
    const { rows } = await read((client) =>
      client.query(`select (select count(*) from customers)::int as customers, (select count(*) from products)::int as products,
        (select count(*) from orders)::int as orders, (select count(*) from order_items)::int as items, (select count(*) from payments)::int as payments`),
    );
    expect(rows[0]).toMatchObject({ customers: 12_000, products: 320, orders: 30_000, payments: 30_000 });
    expect(rows[0].items).toBeGreaterThan(60_000);
  });

  it('is the same on every machine', async () => {
    const { rows } = await read((client) =>
      client.query('select full_name, email, phone, ssn, country from customers where id = 9'),
    );
    expect(rows[0]).toEqual({
      full_name: 'Callum MacLeod',
      email: 'callum.macleod9@works.example',
      phone: '+44 7700 900541',
      ssn: '900-17-9271',
      country: 'GB',
    });
  });

  it('fits together: totals, partitions and payments', async () => {
    const { rows } = await read((client) =>
      client.query(`select
        (select count(*) from orders o where total <> (select sum(quantity * unit_price) from order_items i where i.order_id = o.id))::int as wrong_totals,
        (select count(*) from payments p join orders o on o.id = p.order_id where p.amount <> o.total)::int as wrong_payments,
        (select count(*) from orders_later)::int as outside_partitions,
        (select count(distinct tableoid) from orders)::int as partitions`),
    );
    expect(rows[0]).toEqual({ wrong_totals: 0, wrong_payments: 0, outside_partitions: 0, partitions: 12 });
  });

  it('names nobody: every address, telephone and social security number is from a range kept free', async () => {
    const { rows } = await read((client) =>
      client.query(`select count(*)::int as real from customers where email !~ '\\.example$' or ssn !~ '^9\\d\\d-[1-4]\\d-'
        or phone !~ '^(\\+1 \\d{3}-555-01\\d\\d|\\+44 7700 900\\d{3}|\\+33 6 39 98 \\d\\d \\d\\d|\\+49 30 23125 \\d{3}|\\+46 70 1740 6\\d\\d|\\+999 .*)$'`),
    );
    expect(rows[0].real).toBe(0);
  });

  it('lets the reader read, and nothing else', async () => {
    await read(async (client) => {
      await expect(client.query('select * from reporting.daily_revenue limit 1')).resolves.toMatchObject({
        rowCount: 1,
      });
      await expect(client.query('delete from orders')).rejects.toMatchObject({ code: '42501' });
      await expect(client.query('create table public.mine (id int)')).rejects.toMatchObject({
        code: '42501',
      });
      await expect(client.query('create temporary table mine (id int)')).rejects.toMatchObject({
        code: '42501',
      });
      await expect(client.query("select pg_read_file('/etc/hostname')")).rejects.toMatchObject({
        code: '42501',
      });
    });
  });

  it('lets the writer change rows, and no structure', async () => {
    await write(async (client) => {
      await client.query('begin');
      const { rows } = await client.query(
        `insert into customers (full_name, email, phone, ssn, country) values ('Test Person', 'test@mail.example', '+1 212-555-0100', '999-49-0001', 'US') returning id`,
      );
      expect(Number(rows[0].id)).toBe(12_001);
      await client.query('rollback');
      await expect(client.query('drop table customers')).rejects.toMatchObject({ code: '42501' });
      await expect(client.query('truncate orders')).rejects.toMatchObject({ code: '42501' });
    });
  });

  it('keeps production and staging apart', async () => {
    await expect(
      as('shop_read', 'ORDERS_DB_READ_PASSWORD', 'orders_staging', async () => undefined),
    ).rejects.toMatchObject({ code: '42501' });
    await expect(
      as('staging_read', 'ORDERS_STAGING_READ_PASSWORD', 'orders', async () => undefined),
    ).rejects.toMatchObject({ code: '42501' });
    const { rows } = await as('staging_read', 'ORDERS_STAGING_READ_PASSWORD', 'orders_staging', (client) =>
      client.query('select count(*)::int as n from customers'),
    );
    expect(rows[0].n).toBe(600);
  });

  it('is the same after a restart, with the same passwords and certificate', async () => {
    const before = target;
    await write((client) => client.query("update customers set note = 'kept' where id = 1"));
    await before?.stop();
    target = await start(before?.port ?? 0);
    expect(target.secrets).toEqual(before?.secrets);
    expect(target.ca).toBe(before?.ca);
    const { rows } = await read((client) => client.query('select note from customers where id = 1'));
    expect(rows[0].note).toBe('kept');
  });

  it('keeps its passwords from other users', async () => {
    expect((await stat(join(folder, 'passwords.json'))).mode & 0o077).toBe(0);
  });
});

async function unusedPort(): Promise<number> {
  return (await StablePorts.open(join(folder, 'ports.json'))).take('target');
}
