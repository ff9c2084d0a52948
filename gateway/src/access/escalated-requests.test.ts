import type { AccessRequest, NewRequestInput } from '@drawbridge/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AccessWorld, createDemoWorld } from '../../../test/support/access-world.ts';
import type { Caller } from './caller.ts';

const MINUTE = 60_000;
const READ: NewRequestInput = {
  resource: 'orders-db',
  profile: 'read',
  duration: 1800,
  reason: 'customers wait',
};
const forbid = (annotations: string) => ({
  kind: 'Policy',
  name: 'production-needs-a-dba',
  cedar: `${annotations} forbid (principal, action == Action::"access.connect", resource in Label::"env:prod") unless { context.approved };`,
});
const SECURITY_REVIEWS = {
  kind: 'Policy',
  name: 'security-reviews',
  cedar: 'permit (principal in Group::"security", action == Action::"access.review", resource);',
};

let world: AccessWorld;
let alice: Caller;
let bob: Caller;
let carol: Caller;

beforeEach(async () => {
  world = await createDemoWorld();
  alice = await world.person('alice', 'engineering');
  bob = await world.person('bob', 'dba');
  carol = await world.person('carol', 'security');
});
afterEach(async () => {
  await world.access.expiry.stop();
  await world.close();
});

const apply = (annotations: string) =>
  world.access.documents.bootstrap([forbid(annotations), SECURITY_REVIEWS], 'always');
const ask = (wish: Partial<NewRequestInput> = {}) =>
  world.access.requests.create(alice, { ...READ, ...wish });
const approve = (caller: Caller, { id }: AccessRequest) =>
  world.access.reviews.review(caller, id, { verdict: 'approve' });
const audited = async (subject: string) =>
  (await world.access.audit.list({ limit: 20, subject })).events.map(({ action }) => action);

describe('a request that nobody decides on', () => {
  beforeEach(() => apply('@approve("dba") @escalate("security after 15m")'));

  it('is for further groups once its time has come, and for the first ones still', async () => {
    const request = await ask();
    await world.access.expiry.start();
    await expect(approve(carol, request)).rejects.toMatchObject({ code: 'not_found' });
    world.clock.advance(15 * MINUTE - 1);
    await world.access.expiry.wake();
    expect(await audited(request.id)).not.toContain('request.escalated');
    world.announced.length = 0;
    world.clock.advance(1);
    await vi.waitFor(async () => expect(await audited(request.id)).toContain('request.escalated'));
    expect(world.announced).toEqual([{ kind: 'request', id: request.id }]);
    for (const person of [bob, carol])
      expect(await world.access.requests.get(person, request.id)).toMatchObject({
        reviewable: true,
        escalatedAt: new Date(world.clock.now()).toISOString(),
        needs: [{ groups: ['dba', 'security'] }],
      });
    expect(
      (await world.access.requests.list(carol, { limit: 5, scope: 'reviewable' })).map(({ id }) => id),
    ).toEqual([request.id]);
    expect(await approve(carol, request)).toMatchObject({ state: 'approved' });
    const grant = await world.access.grants.findUsable(alice.user, 'orders-db');
    expect(await world.access.grants.stillAllowed(grant)).toBe('allowed');
    expect(await world.access.grants.revoke(carol, grant.id)).toMatchObject({ state: 'revoked' });
  });

  it('is escalated once, by whichever gateway comes first', async () => {
    const request = await ask();
    world.clock.advance(20 * MINUTE);
    const gateways = [world.access, world.another(), world.another()];
    await Promise.all(gateways.map(({ expiry }) => expiry.start()));
    await Promise.all(gateways.map(({ expiry }) => expiry.stop()));
    expect((await audited(request.id)).filter((action) => action === 'request.escalated')).toHaveLength(1);
  });

  it('is not escalated once it is decided', async () => {
    const request = await ask();
    await world.access.reviews.review(bob, request.id, { verdict: 'deny' });
    world.clock.advance(20 * MINUTE);
    await world.access.expiry.start();
    expect(await audited(request.id)).not.toContain('request.escalated');
  });

  it('keeps counting people: what two have to approve is not approved by one of the others', async () => {
    await apply('@approve("2 of dba") @escalate("security after 15m")');
    const request = await ask();
    world.clock.advance(15 * MINUTE);
    await world.access.expiry.start();
    expect(await approve(carol, request)).toMatchObject({ state: 'pending' });
    expect(await approve(bob, request)).toMatchObject({ state: 'approved' });
  });
});

describe('breaking the glass of a request', () => {
  const GLASS = '@approve("dba") @breakglass("security")';

  it('gives access at once and says so to those to be told, whoever may see it', async () => {
    await apply(GLASS);
    const request = await ask({ breakGlass: true });
    const brokenGlass = {
      reason: 'customers wait',
      at: new Date(world.clock.now()).toISOString(),
      told: ['security'],
    };
    expect(request).toMatchObject({
      state: 'approved',
      brokenGlass,
      needs: [{ groups: ['dba'] }],
      reviews: [],
    });
    const grant = await world.access.grants.findUsable(alice.user, 'orders-db');
    expect(grant).toMatchObject({ id: request.grantId, brokenGlass, approvedBy: [] });
    expect(await world.access.requests.get(carol, request.id)).toMatchObject({ brokenGlass });
    expect(await world.access.grants.get(carol, grant.id)).toMatchObject({ brokenGlass });
    expect((await world.access.requests.list(carol, { limit: 5, scope: 'all' })).map(({ id }) => id)).toEqual(
      [request.id],
    );
    expect(await audited(request.id)).toEqual(
      expect.arrayContaining(['request.created', 'request.glass-broken']),
    );
    expect(await audited(request.id)).not.toContain('request.approved');
  });

  it('is not there where a policy that decides does not offer it', async () => {
    await apply('@approve("dba")');
    await expect(ask({ breakGlass: true })).rejects.toMatchObject({
      code: 'policy_denied',
      message: expect.stringContaining('does not offer'),
      details: { policies: ['production-needs-a-dba'] },
    });
    expect(await world.db.selectFrom('access_requests').select('id').execute()).toEqual([]);
  });

  it('is no way around a policy that denies', async () => {
    await apply(GLASS);
    await expect(ask({ breakGlass: true, profile: 'owner' })).rejects.toMatchObject({
      code: 'policy_denied',
    });
  });

  it('breaks nothing where nobody has to approve', async () => {
    const request = await ask({ resource: 'orders-staging', breakGlass: true });
    expect(request).toMatchObject({ state: 'approved' });
    expect(request.brokenGlass).toBeUndefined();
  });

  it('holds while policy offers it, and not longer', async () => {
    await apply(GLASS);
    await ask({ breakGlass: true });
    const grant = await world.access.grants.findUsable(alice.user, 'orders-db');
    expect(await world.access.grants.stillAllowed(grant)).toBe('allowed');
    await apply('@approve("dba")');
    expect(await world.access.grants.stillAllowed(grant)).toBe('policy_changed');
  });

  it('works for more time too, and marks the grant', async () => {
    await apply(GLASS);
    await approve(bob, await ask());
    const grant = await world.access.grants.activate(
      await world.access.grants.findUsable(alice.user, 'orders-db'),
    );
    world.clock.advance(10 * MINUTE);
    await ask({ breakGlass: true, extends: grant.id });
    const extended = await world.access.grants.get(alice, grant.id);
    expect(Date.parse(extended.expiresAt ?? '')).toBe(world.clock.now() + 1_800_000);
    expect(extended).toMatchObject({ approvedBy: [{ name: 'bob' }], brokenGlass: { told: ['security'] } });
  });
});
