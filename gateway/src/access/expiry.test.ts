import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Access, type AccessWorld, createDemoWorld } from '../../../test/support/access-world.ts';
import type { Caller } from './caller.ts';

const HOUR = 3_600_000;
const STAGING = { resource: 'orders-staging', profile: 'read', duration: 1800, reason: 'a look' };

let world: AccessWorld;
let alice: Caller;
let running: Access[];

beforeEach(async () => {
  world = await createDemoWorld();
  alice = await world.person('alice', 'engineering');
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map(({ expiry }) => expiry.stop()));
  await world.close();
});

async function start(access: Access): Promise<void> {
  running.push(access);
  await access.expiry.start();
}

/** What the tables say, without what is worked out while reading. */
const written = async () => {
  const grants = await world.db.selectFrom('grants').select('state').execute();
  const requests = await world.db.selectFrom('access_requests').select('state').execute();
  return { grants: grants.map(({ state }) => state), requests: requests.map(({ state }) => state) };
};

describe('expiry', () => {
  it('catches up at the start with what ended while no gateway ran', async () => {
    const grant = await world.access.requests
      .create(alice, STAGING)
      .then(() => world.access.grants.findUsable(alice.user, 'orders-staging'));
    await world.access.grants.activate(grant);
    world.clock.advance(HOUR);
    await start(world.access);
    expect(await written()).toMatchObject({ grants: ['expired'] });
    expect((await world.access.audit.list({ limit: 1, subject: grant.id })).events[0]).toMatchObject({
      action: 'grant.expired',
      reason: 'its time was over',
    });
  });

  it('writes an end down when its moment comes', async () => {
    await world.access.requests.create(alice, STAGING);
    const grant = await world.access.grants.findUsable(alice.user, 'orders-staging');
    await world.access.grants.activate(grant);
    await start(world.access);
    world.announced.length = 0;
    world.clock.advance(1800 * 1000 - 1);
    await world.access.expiry.wake();
    expect(await written()).toMatchObject({ grants: ['active'] });
    world.clock.advance(1);
    await vi.waitFor(async () => expect(await written()).toMatchObject({ grants: ['expired'] }));
    expect(world.announced).toEqual([{ kind: 'grant', id: grant.id }]);
  });

  it('waits for a nearer deadline once it is told of one', async () => {
    await start(world.access);
    await world.access.requests.create(alice, { ...STAGING, duration: 60 });
    await world.access.grants.activate(await world.access.grants.findUsable(alice.user, 'orders-staging'));
    await world.access.expiry.wake();
    world.clock.advance(60_000);
    await vi.waitFor(async () => expect(await written()).toMatchObject({ grants: ['expired'] }));
  });

  it('ends pending requests and grants nobody used', async () => {
    await world.access.requests.create(alice, STAGING);
    await world.access.requests.create(alice, { ...STAGING, resource: 'orders-db' });
    world.clock.advance(24 * HOUR);
    await start(world.access);
    expect(await written()).toEqual({
      grants: ['expired'],
      requests: expect.arrayContaining(['approved', 'expired']),
    });
  });

  it('is written once, however many gateways see the moment come', async () => {
    await world.access.requests.create(alice, STAGING);
    const grant = await world.access.grants.findUsable(alice.user, 'orders-staging');
    world.clock.advance(8 * HOUR);
    await Promise.all([world.access, world.another(), world.another()].map(start));
    const events = (await world.access.audit.list({ limit: 10, subject: grant.id })).events;
    expect(events.filter(({ action }) => action === 'grant.expired')).toHaveLength(1);
  });
});
