import { sql } from 'kysely';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { systemClock } from '../clock.ts';
import { newId } from '../new-id.ts';
import { type OpenDatabase, openDatabase } from './database.ts';
import { gatewayLock, LifeSign } from './life-sign.ts';
import { LiveChannel } from './live-channel.ts';

let database: TestDatabase;
let store: OpenDatabase;
let clock: ManualClock;
const id = newId('gw');
const clients: Client[] = [];

beforeEach(async () => {
  clock = new ManualClock();
  database = await createTestDatabase();
  store = await openDatabase(database.url);
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end().catch(() => undefined);
  await store.close();
  await database.drop();
});

const lifeSign = (gatewayId = id) =>
  new LifeSign({ gatewayId, name: 'drawbridge.example', host: 'one', version: '1', clock });

async function connect(): Promise<Client> {
  const client = new Client(database.url);
  clients.push(client);
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const row = () => store.db.selectFrom('gateways').selectAll().where('id', '=', id).executeTakeFirst();
const isFree = async () => {
  const { rows } = await sql<{ free: boolean }>`
    select case when pg_try_advisory_lock(${gatewayLock(id)})
      then pg_advisory_unlock(${gatewayLock(id)}) else false end as free`.execute(store.db);
  return rows[0]?.free;
};

describe('a sign of life', () => {
  it('is a lock that lasts as long as its connection, and when it was heard last', async () => {
    const client = await connect();
    await lifeSign().begin(client);
    expect(await isFree()).toBe(false);
    expect(await row()).toMatchObject({ name: 'drawbridge.example', host: 'one', stopped_at: null });
    await client.end();
    await expect.poll(isFree).toBe(true);
  });

  it('says when the gateway ended in order, and not any more once it is back', async () => {
    const client = await connect();
    const life = lifeSign();
    await life.begin(client);
    await life.stop(client);
    expect(await row()).toMatchObject({ stopped_at: expect.any(Date) });
    await client.end();
    await expect.poll(isFree).toBe(true);
    await lifeSign().begin(await connect());
    expect(await row()).toMatchObject({ stopped_at: null });
  });

  it('is one gateway’s alone: a second of the same id gives up, and says what to do', async () => {
    await lifeSign().begin(await connect());
    const second = lifeSign().begin(await connect());
    const outcome = expect(second).rejects.toMatchObject({
      code: 'taken',
      message: expect.stringContaining('gateway-id'),
    });
    await vi.waitFor(() => {
      clock.advance(10_000);
      expect(clock.now()).toBeGreaterThan(Date.UTC(2026, 0, 5, 12, 2));
    });
    await outcome;
    await lifeSign(newId('gw')).begin(await connect());
  });

  it('goes on where its own connection before is still there for the server', async () => {
    const life = lifeSign();
    const before = await connect();
    await life.begin(before);
    // The gateway lost it, and the server has not heard of that yet.
    await life.begin(await connect());
    expect(await isFree()).toBe(false);
    await expect(before.query('select 1')).rejects.toThrow();
  });

  it('gives the gateway less time than others wait before they take it for dead', async () => {
    const life = lifeSign();
    expect(() => life.assertAlive()).toThrow('take it for dead');
    const client = await connect();
    await life.begin(client);
    clock.advance(19_999);
    life.assertAlive();
    clock.advance(1);
    expect(() => life.assertAlive()).toThrow('take it for dead');
    await life.beat(client);
    life.assertAlive();
  });

  it('rides on the live channel, and is gone with it', async () => {
    const channel = await LiveChannel.open({
      url: database.url,
      clock: systemClock,
      logger: { info: () => undefined, warn: () => undefined },
      lifeSign: lifeSign(),
    });
    expect(await isFree()).toBe(false);
    await channel.close();
    await expect.poll(isFree).toBe(true);
    expect(await row()).toMatchObject({ stopped_at: expect.any(Date) });
  });
});
