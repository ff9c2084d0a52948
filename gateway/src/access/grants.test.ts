import type { Grant } from '@drawbridge/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AccessWorld, createDemoWorld, resourceDocument } from '../../../test/support/access-world.ts';
import type { Caller } from './caller.ts';

const HOUR = 3_600_000;
const WISH = { resource: 'orders-db', profile: 'read', duration: 1800, reason: 'a look' };

let world: AccessWorld;
let alice: Caller;
let bob: Caller;
let grant: Grant;
let test = 0;

async function granted(): Promise<void> {
  test += 1;
  alice = await world.person(`alice-${test}`, 'engineering');
  bob = await world.person(`bob-${test}`, 'dba');
  const { id } = await world.access.requests.create(alice, WISH);
  await world.access.reviews.review(bob, id, { verdict: 'approve' });
  grant = await world.access.grants.findUsable(alice.user, 'orders-db');
}

describe('a grant', () => {
  beforeAll(async () => {
    world = await createDemoWorld();
  });
  afterAll(() => world.close());
  beforeEach(granted);

  it('starts its clock at first use and not again', async () => {
    world.clock.advance(HOUR);
    const active = await world.access.grants.activate(grant, '198.51.100.7');
    expect(active).toMatchObject({ state: 'active', activatedAt: new Date(world.clock.now()).toISOString() });
    expect(Date.parse(active.expiresAt ?? '') - world.clock.now()).toBe(1800 * 1000);
    world.clock.advance(60_000);
    expect((await world.access.grants.activate(grant)).expiresAt).toBe(active.expiresAt);
    const events = (await world.access.audit.list({ limit: 10, subject: grant.id })).events;
    expect(events.filter(({ action }) => action === 'grant.activated')).toMatchObject([
      { actor: { name: alice.user.name }, address: '198.51.100.7' },
    ]);
  });

  it('starts once when several connections come at once', async () => {
    const started = await Promise.all(
      Array.from({ length: 4 }, (_, n) => (n % 2 ? world.access : world.another()).grants.activate(grant)),
    );
    expect(new Set(started.map(({ expiresAt }) => expiresAt)).size).toBe(1);
    expect(
      (await world.access.audit.list({ limit: 10, subject: grant.id })).events.filter(
        ({ action }) => action === 'grant.activated',
      ),
    ).toHaveLength(1);
  });

  it('must be used before activateBy', async () => {
    world.clock.advance(8 * HOUR);
    await expect(world.access.grants.activate(grant)).rejects.toMatchObject({ code: 'grant_expired' });
    await expect(world.access.grants.findUsable(alice.user, 'orders-db')).rejects.toMatchObject({
      code: 'access_needed',
    });
    expect(await world.access.grants.find(grant.id)).toMatchObject({
      state: 'expired',
      endedAt: grant.activateBy,
    });
  });

  it('is over to the millisecond when its time is', async () => {
    await world.access.grants.activate(grant);
    world.clock.advance(1800 * 1000 - 1);
    expect(await world.access.grants.findUsable(alice.user, 'orders-db')).toMatchObject({ state: 'active' });
    world.clock.advance(1);
    await expect(world.access.grants.findUsable(alice.user, 'orders-db')).rejects.toMatchObject({
      code: 'access_needed',
    });
    await expect(world.access.grants.activate(grant)).rejects.toMatchObject({ code: 'grant_expired' });
    await expect(world.access.grants.revoke(bob, grant.id)).rejects.toMatchObject({ code: 'grant_expired' });
  });

  it('is for its holder, its resource and its profile alone', async () => {
    const { grants } = world.access;
    await expect(grants.findUsable(bob.user, 'orders-db')).rejects.toMatchObject({ code: 'access_needed' });
    await expect(grants.findUsable(alice.user, 'orders-staging')).rejects.toMatchObject({
      code: 'access_needed',
    });
    await expect(grants.findUsable(alice.user, 'orders-db', 'write')).rejects.toMatchObject({
      code: 'access_needed',
    });
  });

  it('is ended by its holder', async () => {
    expect(await world.access.grants.revoke(alice, grant.id, 'done')).toMatchObject({
      state: 'ended',
      endedBy: { name: alice.user.name },
      endReason: 'done',
    });
    await expect(world.access.grants.activate(grant)).rejects.toMatchObject({ code: 'not_active' });
    await expect(world.access.grants.revoke(alice, grant.id)).rejects.toMatchObject({ code: 'not_active' });
  });

  it.each([
    ['a reviewer of it', 'dba'],
    ['whoever may end sessions', 'security'],
    ['an administrator', 'platform'],
  ])('is revoked by %s', async (_, group) => {
    const other = await world.person(`other-${test}`, group);
    const revoked = await world.access.grants.revoke(other, grant.id, 'enough');
    expect(revoked).toMatchObject({
      state: 'revoked',
      endedBy: { name: other.user.name },
      endReason: 'enough',
    });
    await expect(world.access.grants.findUsable(alice.user, 'orders-db')).rejects.toMatchObject({
      code: 'access_needed',
      message: expect.stringContaining('revoked (enough)'),
    });
    expect((await world.access.audit.list({ limit: 1, subject: grant.id })).events[0]).toMatchObject({
      action: 'grant.revoked',
      reason: 'enough',
    });
  });

  it('is not seen by a stranger, and not revoked by somebody who may only look', async () => {
    const { grants } = world.access;
    const dan = await world.person(`dan-${test}`);
    const auditor = await world.person(`auditor-${test}`, 'auditor');
    await expect(grants.get(dan, grant.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(grants.revoke(dan, grant.id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await grants.get(auditor, grant.id)).toMatchObject({ id: grant.id });
    await expect(grants.revoke(auditor, grant.id)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await grants.find(grant.id)).toMatchObject({ state: 'approved' });
  });

  it('is ended once, by one of many at once', async () => {
    const attempts = await Promise.allSettled([
      world.access.grants.revoke(alice, grant.id),
      world.another().grants.revoke(bob, grant.id),
      world.another().grants.revoke(bob, grant.id),
    ]);
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is in the lists of those who may see it', async () => {
    const ids = async (caller: Caller, scope: 'own' | 'all') =>
      (await world.access.grants.list(caller, { limit: 500, scope })).map(({ id }) => id);
    expect(await ids(alice, 'own')).toEqual([grant.id]);
    expect(await ids(alice, 'all')).toEqual([grant.id]);
    expect(await ids(bob, 'own')).toEqual([]);
    expect(await ids(bob, 'all')).toContain(grant.id);
    expect(await ids(await world.person(`dan-${test}`), 'all')).toEqual([]);
  });

  it('has to be named where there are several', async () => {
    for (const profile of ['read', 'write'])
      await world.access.requests.create(alice, { ...WISH, resource: 'orders-staging', profile });
    await expect(world.access.grants.findUsable(alice.user, 'orders-staging')).rejects.toMatchObject({
      code: 'invalid_request',
    });
    expect(await world.access.grants.findUsable(alice.user, 'orders-staging', 'write')).toMatchObject({
      profile: 'write',
    });
  });

  it('tells somebody who waits for a review so', async () => {
    const waiting = await world.person(`waiting-${test}`, 'engineering');
    const { id } = await world.access.requests.create(waiting, WISH);
    await expect(world.access.grants.findUsable(waiting.user, 'orders-db')).rejects.toMatchObject({
      code: 'access_needed',
      details: { id },
    });
  });
});

describe('a change of documents', () => {
  beforeEach(async () => {
    world = await createDemoWorld();
    await granted();
    await world.access.grants.activate(grant);
  });
  afterEach(() => world.close());

  const bootstrap = (...documents: unknown[]) => world.access.documents.bootstrap(documents, 'always');
  const stillAllowed = () => world.access.grants.stillAllowed(grant);

  it('that does not concern the grant leaves it', async () => {
    await bootstrap({
      kind: 'Policy',
      name: 'other',
      cedar: 'forbid (principal in Group::"interns", action, resource);',
    });
    expect(await stillAllowed()).toBe('allowed');
  });

  it('that forbids it is noticed', async () => {
    await bootstrap({
      kind: 'Policy',
      name: 'freeze',
      cedar: 'forbid (principal, action == Action::"access.connect", resource);',
    });
    expect(await stillAllowed()).toBe('policy_changed');
  });

  it('that asks for more approvals than it has is noticed', async () => {
    const approve = (text: string) => ({
      kind: 'Policy',
      name: 'production-needs-a-dba',
      cedar: `@approve("${text}") forbid (principal, action == Action::"access.connect", resource in Label::"env:prod") unless { context.approved };`,
    });
    await bootstrap(approve('2 of dba, security'));
    expect(await stillAllowed()).toBe('policy_changed');
    await bootstrap(approve('dba, security'));
    expect(await stillAllowed()).toBe('allowed');
  });

  it('of the holder: without the group there is no way in', async () => {
    await world.person(alice.user.name);
    expect(await stillAllowed()).toBe('policy_changed');
  });

  it('that removes the resource revokes its grants and cancels what is pending', async () => {
    const erin = await world.person('erin', 'platform');
    const waiting = await world.person('waiting', 'engineering');
    const { id } = await world.access.requests.create(waiting, WISH);
    await world.access.documents.remove(erin, 'Resource', 'orders-db');
    expect(await stillAllowed()).toBe('resource_removed');
    expect(await world.access.grants.find(grant.id)).toMatchObject({
      state: 'revoked',
      endReason: 'orders-db was removed',
      endedBy: { name: 'erin' },
    });
    expect(await world.access.requests.get(waiting, id)).toMatchObject({ state: 'cancelled' });
    expect(world.announced).toEqual(
      expect.arrayContaining([
        { kind: 'grant', id: grant.id },
        { kind: 'request', id },
      ]),
    );
    await bootstrap(resourceDocument('orders-db', { env: 'prod' }));
    await expect(world.access.grants.findUsable(alice.user, 'orders-db')).rejects.toMatchObject({
      code: 'access_needed',
    });
  });

  it('that removes the profile revokes the grants of that profile alone', async () => {
    await world.access.requests.create(alice, { ...WISH, resource: 'orders-staging' });
    await world.access.requests.create(alice, { ...WISH, resource: 'orders-staging', profile: 'write' });
    const { write: _, ...profiles } = resourceDocument('orders-staging', {}).profiles as Record<
      string,
      object
    >;
    await bootstrap({ ...resourceDocument('orders-staging', { env: 'staging' }), profiles });
    const left = await world.access.grants.list(alice, { limit: 10, scope: 'own' });
    expect(
      left
        .filter(({ resource }) => resource === 'orders-staging')
        .map(({ profile, state }) => `${profile} ${state}`)
        .sort(),
    ).toEqual(['read approved', 'write revoked']);
  });
});
