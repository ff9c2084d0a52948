import type { NewRequestInput } from '@drawbridge/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AccessWorld, createDemoWorld, resourceDocument } from '../../../test/support/access-world.ts';
import type { Caller } from './caller.ts';

const READ: NewRequestInput = {
  resource: 'orders-db',
  profile: 'read',
  duration: 1800,
  reason: 'customer asks where the parcel is',
};
const STAGING: NewRequestInput = { ...READ, resource: 'orders-staging' };
const DAY = 86_400_000;

let world: AccessWorld;
beforeAll(async () => {
  world = await createDemoWorld();
});
afterAll(() => world.close());

let alice: Caller;
let bob: Caller;
let dan: Caller;
let test = 0;
beforeEach(async () => {
  test += 1;
  alice = await world.person(`alice-${test}`, 'engineering');
  bob = await world.person(`bob-${test}`, 'dba');
  dan = await world.person(`dan-${test}`);
});

const request = (caller: Caller, wish: Partial<NewRequestInput> = {}) =>
  world.access.requests.create(caller, { ...READ, ...wish });

describe('create', () => {
  it('waits for a review where policy needs one, and says whose', async () => {
    const created = await request(alice);
    expect(created).toMatchObject({
      state: 'pending',
      principal: { name: alice.user.name },
      labels: { env: 'prod', team: 'shop' },
      needs: [
        {
          kind: 'approve',
          count: 1,
          groups: ['dba'],
          policy: 'production-needs-a-dba',
          message: 'access to production needs the approval of a DBA',
        },
      ],
      reviews: [],
      reviewable: false,
    });
    expect(created.grantId).toBeUndefined();
    expect(Date.parse(created.expiresAt) - Date.parse(created.createdAt)).toBe(DAY);
  });

  it('grants at once where policy needs nobody', async () => {
    const created = await request(alice, STAGING);
    expect(created.state).toBe('approved');
    const grant = await world.access.grants.findUsable(alice.user, 'orders-staging');
    expect(grant).toMatchObject({ id: created.grantId, state: 'approved', duration: 1800, approvedBy: [] });
  });

  it('leaves an audit event for each step, with the reason', async () => {
    const created = await request(alice, STAGING);
    const events = (await world.access.audit.list({ limit: 10, subject: created.id })).events;
    expect(events.map(({ action }) => action).sort()).toEqual(['request.approved', 'request.created']);
    expect(events.find(({ action }) => action === 'request.created')).toMatchObject({
      actor: { name: alice.user.name },
      reason: READ.reason,
      address: '192.0.2.10',
    });
    expect((await world.access.audit.list({ limit: 10, subject: created.grantId })).events).toMatchObject([
      { action: 'grant.created' },
    ]);
  });

  it.each<[string, Partial<NewRequestInput>, string]>([
    ['a resource that is not there', { resource: 'nothing' }, 'not_found'],
    ['a profile that is not there', { profile: 'admin' }, 'invalid_request'],
    ['a profile named like a property of every object', { profile: 'constructor' }, 'invalid_request'],
    ['more time than the profile gives', { duration: 3601 }, 'invalid_request'],
    ['a profile that policy does not give', { profile: 'owner' }, 'policy_denied'],
  ])('refuses %s', async (_, wish, code) => {
    await expect(request(alice, wish)).rejects.toMatchObject({ code });
  });

  it('refuses more time than policy gives, though the profile would', async () => {
    const own = await createDemoWorld();
    try {
      const day = {
        read: {
          credential: { username: 'u', password: { value: 'p' } },
          allow: ['sql.read'],
          maxDuration: '1d',
        },
      };
      await own.access.documents.bootstrap([resourceDocument('orders-db', { env: 'prod' }, day)], 'always');
      const engineer = await own.person('alice', 'engineering');
      await expect(own.access.requests.create(engineer, { ...READ, duration: 3660 })).rejects.toMatchObject({
        code: 'policy_denied',
      });
      expect(await own.access.requests.create(engineer, { ...READ, duration: 3600 })).toMatchObject({
        state: 'pending',
      });
    } finally {
      await own.close();
    }
  });

  it('refuses somebody in no group, and says why in words', async () => {
    await expect(request(dan)).rejects.toMatchObject({
      code: 'policy_denied',
      message: `no policy lets ${dan.user.name} ask for access to orders-db with profile read`,
    });
  });

  it('refuses a second request while one is pending, with its id', async () => {
    const first = await request(alice);
    await expect(request(alice)).rejects.toMatchObject({
      code: 'already_pending',
      details: { id: first.id },
    });
  });

  it('refuses a request while a grant is usable, with its id', async () => {
    const first = await request(alice, STAGING);
    await expect(request(alice, STAGING)).rejects.toMatchObject({
      code: 'already_granted',
      details: { id: first.grantId },
    });
  });

  it('takes requests for different profiles side by side', async () => {
    await request(alice, STAGING);
    expect(await request(alice, { ...STAGING, profile: 'write' })).toMatchObject({ state: 'approved' });
  });

  it.each([
    ['pending', READ],
    ['granted', STAGING],
  ])('makes one of many at once, on several gateways (%s)', async (_, wish) => {
    const gateways = [world.access, world.another(), world.another()];
    const attempts = await Promise.allSettled(
      Array.from({ length: 6 }, (_, n) => gateways[n % 3]?.requests.create(alice, wish)),
    );
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refusals = attempts.flatMap((attempt) =>
      attempt.status === 'rejected' ? [attempt.reason.code] : [],
    );
    expect(new Set(refusals)).toEqual(new Set([wish === READ ? 'already_pending' : 'already_granted']));
    const stored = await world.db
      .selectFrom('access_requests')
      .select('id')
      .where('user_id', '=', alice.user.id)
      .execute();
    expect(stored).toHaveLength(1);
  });
});

describe('a pending request', () => {
  it('lapses after a day and makes room for another', async () => {
    const first = await request(alice);
    world.clock.advance(DAY - 1);
    expect(await world.access.requests.get(alice, first.id)).toMatchObject({ state: 'pending' });
    world.clock.advance(1);
    expect(await world.access.requests.get(alice, first.id)).toMatchObject({
      state: 'expired',
      decidedAt: first.expiresAt,
    });
    const second = await request(alice);
    expect(second.id).not.toBe(first.id);
    expect((await world.access.audit.list({ limit: 1, subject: first.id })).events[0]).toMatchObject({
      action: 'request.expired',
    });
  });

  it('is withdrawn by whoever asked, once', async () => {
    const created = await request(alice);
    expect(await world.access.requests.cancel(alice, created.id)).toMatchObject({ state: 'cancelled' });
    await expect(world.access.requests.cancel(alice, created.id)).rejects.toMatchObject({
      code: 'not_pending',
    });
    expect(await request(alice)).toMatchObject({ state: 'pending' });
  });

  it('is not withdrawn by others: a reviewer may deny it, a stranger does not see it', async () => {
    const created = await request(alice);
    await expect(world.access.requests.cancel(bob, created.id)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(world.access.requests.cancel(dan, created.id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await world.access.requests.get(alice, created.id)).toMatchObject({ state: 'pending' });
  });

  it('is withdrawn or approved, never both', async () => {
    const created = await request(alice);
    await Promise.allSettled([
      world.access.requests.cancel(alice, created.id),
      world.another().reviews.review(bob, created.id, { verdict: 'approve' }),
    ]);
    const { state, grantId } = await world.access.requests.get(alice, created.id);
    expect([state, grantId === undefined]).toSatisfy(
      ([is, none]: [string, boolean]) => (is === 'cancelled') === none,
    );
  });
});

describe('who sees a request', () => {
  it('is whoever asked, may review it, or reads the configuration', async () => {
    const created = await request(alice);
    const auditor = await world.person(`carol-${test}`, 'security', 'auditor');
    const colleague = await world.person(`ann-${test}`, 'engineering');
    expect(await world.access.requests.get(alice, created.id)).toMatchObject({ reviewable: false });
    expect(await world.access.requests.get(bob, created.id)).toMatchObject({ reviewable: true });
    expect(await world.access.requests.get(auditor, created.id)).toMatchObject({ reviewable: false });
    await expect(world.access.requests.get(colleague, created.id)).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(world.access.requests.get(dan, created.id)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('shows in lists in the same way', async () => {
    const created = await request(alice);
    const ids = async (caller: Caller, scope: 'own' | 'reviewable' | 'all') =>
      (await world.access.requests.list(caller, { limit: 500, scope })).map(({ id }) => id);
    expect(await ids(alice, 'own')).toEqual([created.id]);
    expect(await ids(alice, 'all')).toEqual([created.id]);
    expect(await ids(alice, 'reviewable')).toEqual([]);
    expect(await ids(bob, 'reviewable')).toContain(created.id);
    expect(await ids(bob, 'own')).toEqual([]);
    expect(await ids(dan, 'all')).toEqual([]);
    await world.access.reviews.review(bob, created.id, { verdict: 'deny' });
    expect(await ids(bob, 'reviewable')).not.toContain(created.id);
    expect(await ids(bob, 'all')).toContain(created.id);
  });

  it('is decided for each of many from one load', async () => {
    const created = await request(alice);
    const view = await world.access.requests.watch(created.id);
    expect(view(alice.user)?.reviewable).toBe(false);
    expect(view(bob.user)?.reviewable).toBe(true);
    expect(view(dan.user)).toBeUndefined();
  });

  it('keeps to the limit, newest first', async () => {
    await request(alice, STAGING);
    world.clock.advance(1000);
    const last = await request(alice, { ...STAGING, profile: 'write' });
    expect(await world.access.requests.list(alice, { limit: 1, scope: 'own' })).toMatchObject([
      { id: last.id },
    ]);
  });
});
