import { readFile } from 'node:fs/promises';
import type { GatewayId, SessionId } from '@drawbridge/contract';
import { sql } from 'kysely';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AccessWorld, createDemoWorld } from '../../../test/support/access-world.ts';
import { RecordingFolder } from '../../../test/support/recording-folder.ts';
import { newId } from '../new-id.ts';
import type { Recordings } from '../recording/recorder.ts';
import { Keyring } from '../store/keyring.ts';
import { SessionStore } from './session-store.ts';
import { Survivor } from './survivor.ts';

let world: AccessWorld;
let folder: RecordingFolder;
/** The gateway that is gone; the folder's own. */
let gone: GatewayId;
let store: SessionStore;
let recordings: Recordings;
let isConnected: boolean;
let told: { closed: SessionId[]; sealed: SessionId[] };
let survivor: Survivor;

beforeEach(async () => {
  world = await createDemoWorld();
  folder = await RecordingFolder.make();
  gone = folder.gatewayId;
  const own = newId('gw');
  store = new SessionStore(world.db, own);
  recordings = await folder.create({ gatewayId: own });
  isConnected = true;
  told = { closed: [], sealed: [] };
  survivor = newSurvivor();
});
afterEach(async () => {
  await survivor.stop();
  await folder.remove();
  await world.close();
});

const newSurvivor = () =>
  new Survivor({
    ...{ db: world.db, clock: world.clock, store, recordings },
    logger: { warn: () => undefined },
    isConnected: () => isConnected,
    tellClosed: async (_transaction, session) => void told.closed.push(session),
    closed: async () => undefined,
    sealed: async (session) => void told.sealed.push(session),
  });

/** A gateway that was heard so many seconds ago. */
async function heard(id: GatewayId, secondsAgo: number, stopped = false): Promise<void> {
  const seen = sql<Date>`now() - ${secondsAgo} * interval '1 second'`;
  await world.db
    .insertInto('gateways')
    .values({
      ...{ id, name: 'drawbridge.example', host: 'one', version: '1' },
      ...{ started_at: seen, seen_at: seen, stopped_at: stopped ? seen : null },
    })
    .execute();
}

/** A live session of that gateway. */
async function liveSession(id: SessionId, gateway: GatewayId): Promise<void> {
  const { requests } = world.access;
  const alice = await world.person(`person-${id}`, 'engineering');
  const wish = { resource: 'orders-staging', profile: 'read', duration: 600, reason: 'a test' };
  const { grantId } = await requests.create(alice, wish);
  if (grantId === undefined) throw new Error('it was not granted');
  await new SessionStore(world.db, gateway).insert({
    ...{ id, grantId, userId: alice.user.id, signInId: newId('sgn') },
    ...{ resource: 'orders-staging', profile: 'read', protocol: 'postgres', clientAddress: undefined },
    startedAt: new Date(world.clock.now()),
  });
}

/** What holds a gateway's lock, as the gateway itself does while it lives. */
async function holdLock(id: GatewayId): Promise<Client> {
  const client = new Client(world.url);
  await client.connect();
  await client.query(`select pg_advisory_lock(hashtextextended('gateway ' || $1, 0))`, [id]);
  return client;
}

describe('a survivor', () => {
  it('closes the sessions of a gateway that is gone, and seals its recordings', async () => {
    const { session } = await folder.crashed();
    await heard(gone, 26);
    await liveSession(session, gone);
    await survivor.sweep();
    expect(await store.find(session)).toMatchObject({
      ...{ state: 'closed', endCode: 'gateway_crashed', endReason: 'the gateway stopped without warning' },
      recording: 'sealed-after-crash',
    });
    expect(await folder.verify(recordings, session)).toMatchObject({ ok: true });
    expect(told).toEqual({ closed: [session], sealed: [session] });
    await survivor.sweep();
    expect(told).toEqual({ closed: [session], sealed: [session] });
  });

  it('leaves what is not within its reach to the gateway itself', async () => {
    const session = newId('ses');
    await heard(gone, 26);
    await liveSession(session, gone);
    await survivor.sweep();
    expect(await store.find(session)).toMatchObject({ state: 'closed', recording: 'open' });
  });

  it('waits as long as the gateway may still serve', async () => {
    const { session } = await folder.crashed();
    await heard(gone, 24);
    await liveSession(session, gone);
    await survivor.sweep();
    expect(await store.find(session)).toMatchObject({ state: 'live', recording: 'open' });
    await sql`update gateways set seen_at = now() - interval '26 seconds'`.execute(world.db);
    await survivor.sweep();
    expect(await store.find(session)).toMatchObject({ state: 'closed' });
  });

  it('touches nothing of a gateway that still has its lock, however long it said nothing', async () => {
    const { session } = await folder.crashed();
    await heard(gone, 3600);
    await liveSession(session, gone);
    const holder = await holdLock(gone);
    try {
      await survivor.sweep();
      expect(await store.find(session)).toMatchObject({ state: 'live', recording: 'open' });
    } finally {
      await holder.end();
    }
  });

  it('knows nothing of gateways that never gave a sign of life', async () => {
    const { session } = await folder.crashed();
    await liveSession(session, gone);
    await survivor.sweep();
    expect(await store.find(session)).toMatchObject({ state: 'live', recording: 'open' });
  });

  it('seals what a gateway could not seal before it ended in order', async () => {
    const { session } = await folder.crashed();
    await heard(gone, 0, true);
    await liveSession(session, gone);
    await survivor.sweep();
    expect(await store.find(session)).toMatchObject({ state: 'closed', recording: 'sealed-after-crash' });
  });

  it('leaves the others alone while it does not hear from the store itself', async () => {
    const { session } = await folder.crashed();
    await heard(gone, 26);
    await liveSession(session, gone);
    isConnected = false;
    await survivor.sweep();
    expect(await store.find(session)).toMatchObject({ state: 'live' });
  });

  it('does not try without end what it can’t seal', async () => {
    const { stored } = await folder.crashed();
    await heard(gone, 26);
    recordings = await folder.create({
      ...{ gatewayId: newId('gw'), keyring: new Keyring([Buffer.alloc(32, 1)]) },
    });
    survivor = newSurvivor();
    for (let sweep = 0; sweep < 3; sweep += 1) await survivor.sweep();
    expect(folder.problems).toHaveLength(1);
    expect(await readFile(await folder.onlyFileIn('open'))).toEqual(stored);
    world.clock.advance(600_000);
    await survivor.sweep();
    expect(folder.problems).toHaveLength(2);
  });

  it('is one of several: each thing is done once', async () => {
    const { session } = await folder.crashed();
    await heard(gone, 26);
    await liveSession(session, gone);
    const others = [newSurvivor(), newSurvivor()];
    await Promise.all([survivor, ...others].map((one) => one.sweep()));
    await survivor.sweep();
    expect(told).toEqual({ closed: [session], sealed: [session] });
  });

  it('looks every five seconds, by itself', async () => {
    const { session } = await folder.crashed();
    await heard(gone, 26);
    await liveSession(session, gone);
    survivor.start();
    world.clock.advance(5_000);
    await expect.poll(() => store.find(session)).toMatchObject({ recording: 'sealed-after-crash' });
  });
});

describe('a gateway that was taken for dead', () => {
  it('says how its sessions ended once it can', async () => {
    const session = newId('ses');
    await heard(gone, 26);
    await liveSession(session, gone);
    await survivor.sweep();
    expect(await store.terminationOf(session)).toMatchObject({ code: 'store_lost' });
    const counters = { statements: 3, refused: 0, rows: 1, bytesOut: 1, clientName: undefined };
    const end = { code: 'store_lost', message: 'the gateway lost its store' } as const;
    await new SessionStore(world.db, gone).close(
      session,
      end,
      new Date(world.clock.now()),
      counters,
      'sealed',
    );
    expect(await store.find(session)).toMatchObject({
      ...{ endCode: 'store_lost', statements: 3, recording: 'sealed' },
    });
  });
});
