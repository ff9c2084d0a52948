import type { Grant, NewRequestInput } from '@drawbridge/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AccessWorld, createDemoWorld } from '../../../test/support/access-world.ts';
import type { Caller } from './caller.ts';

const MINUTE = 60_000;
const HALF_AN_HOUR = 1800;
const PROD = { resource: 'orders-db', profile: 'read' };
const STAGING = { resource: 'orders-staging', profile: 'read' };

let world: AccessWorld;
let alice: Caller;
let bob: Caller;

beforeEach(async () => {
  world = await createDemoWorld();
  alice = await world.person('alice', 'engineering');
  bob = await world.person('bob', 'dba');
});
afterEach(() => world.close());

const ask = (wish: Partial<NewRequestInput> & { resource: string; profile: string }, caller = alice) =>
  world.access.requests.create(caller, { duration: HALF_AN_HOUR, reason: 'a look', ...wish });
const approve = (caller: Caller, { id }: Awaited<ReturnType<typeof ask>>, duration?: number) =>
  world.access.reviews.review(caller, id, { verdict: 'approve', ...(duration && { duration }) });
const again = ({ id }: Pick<Grant, 'id'>) => world.access.grants.get(alice, id);
const left = (grant: Grant) => Date.parse(grant.expiresAt ?? '') - world.clock.now();

/** A grant whose half hour began now. */
async function active(wish = PROD, scope?: NewRequestInput['scope']): Promise<Grant> {
  const request = await ask({ ...wish, ...(scope && { scope }) });
  if (request.state === 'pending') await approve(bob, request);
  const grant = await world.access.grants.findUsable(alice.user, wish.resource);
  return world.access.grants.activate(grant);
}

describe('an extension', () => {
  it('lets the same grant go on, from the moment of its approval', async () => {
    const grant = await active();
    world.clock.advance(20 * MINUTE);
    const beth = await world.person('beth', 'dba');
    const request = await ask({ ...PROD, extends: grant.id, reason: 'not done yet' });
    expect(request).toMatchObject({ state: 'pending', extends: grant.id, grantIds: [] });
    expect(await again(grant)).toEqual(grant);
    world.clock.advance(5 * MINUTE);
    const approved = await approve(beth, request);
    expect(approved).toMatchObject({ state: 'approved', grantId: grant.id, grantIds: [grant.id] });
    const extended = await again(grant);
    expect(left(extended)).toBe(HALF_AN_HOUR * 1000);
    expect(extended).toMatchObject({ state: 'active', approvedBy: [{ name: 'bob' }, { name: 'beth' }] });
    expect(await world.db.selectFrom('grants').select('id').execute()).toEqual([{ id: grant.id }]);
    const { events } = await world.access.audit.list({ limit: 1, subject: grant.id });
    expect(events).toMatchObject([
      {
        action: 'grant.extended',
        actor: { name: 'beth' },
        details: { from: grant.expiresAt, expiresAt: extended.expiresAt },
      },
    ]);
  });

  it('needs nobody where access needs nobody', async () => {
    const grant = await active(STAGING);
    world.clock.advance(29 * MINUTE);
    expect(await ask({ ...STAGING, extends: grant.id })).toMatchObject({
      state: 'approved',
      grantId: grant.id,
    });
    expect(left(await again(grant))).toBe(HALF_AN_HOUR * 1000);
  });

  it('never ends a grant sooner than it would have ended', async () => {
    const grant = await active(STAGING);
    await ask({ ...STAGING, extends: grant.id, duration: 60 });
    expect(await again(grant)).toEqual(grant);
  });

  it('can be shortened by who approves it', async () => {
    const grant = await active();
    world.clock.advance(29 * MINUTE);
    await approve(bob, await ask({ ...PROD, extends: grant.id }), 600);
    expect(left(await again(grant))).toBe(600_000);
  });

  it('stays as narrow as the grant is', async () => {
    const scope = { tables: ['public.orders'] };
    const grant = await active(PROD, scope);
    await expect(ask({ ...PROD, extends: grant.id, scope })).rejects.toMatchObject({
      details: { issues: [{ path: 'scope' }] },
    });
    const request = await ask({ ...PROD, extends: grant.id });
    expect(request.scope).toEqual(scope);
    await approve(bob, request);
    expect((await again(grant)).scope).toEqual(scope);
  });

  it('is for the own grant, of this resource and profile, while its time runs', async () => {
    const grant = await active(STAGING);
    const refusal = (wish: Partial<NewRequestInput>, caller = alice) =>
      expect(ask({ ...STAGING, extends: grant.id, ...wish }, caller)).rejects;
    await refusal({}, await world.person('eve', 'engineering')).toMatchObject({ code: 'not_found' });
    await refusal({ profile: 'write' }).toMatchObject({ details: { issues: [{ path: 'extends' }] } });
    await refusal({ also: [PROD] }).toMatchObject({ details: { issues: [{ path: 'also' }] } });
    const { grantId } = await ask({ ...STAGING, profile: 'write' });
    await refusal({ profile: 'write', extends: grantId }).toMatchObject({ code: 'not_active' });
    world.clock.advance(30 * MINUTE);
    await refusal({}).toMatchObject({ code: 'grant_expired' });
  });

  it('is asked for once at a time', async () => {
    const grant = await active();
    const request = await ask({ ...PROD, extends: grant.id });
    const refused = { code: 'already_pending', details: { id: request.id } };
    await expect(ask({ ...PROD, extends: grant.id })).rejects.toMatchObject(refused);
    await expect(ask(PROD)).rejects.toMatchObject({ code: 'already_granted', details: { id: grant.id } });
  });

  it('can be decided until the grant ends, and not a millisecond longer', async () => {
    const grant = await active();
    const request = await ask({ ...PROD, extends: grant.id });
    expect(request.expiresAt).toBe(grant.expiresAt);
    world.clock.advance(30 * MINUTE - 1);
    expect((await world.access.requests.get(alice, request.id)).state).toBe('pending');
    world.clock.advance(1);
    await expect(approve(bob, request)).rejects.toMatchObject({ code: 'not_pending' });
    expect(await again(grant)).toMatchObject({ state: 'expired' });
    // And then access can be asked for anew.
    expect(await ask(PROD)).toMatchObject({ state: 'pending' });
  });

  it('is cancelled when its grant is ended', async () => {
    const grant = await active();
    const request = await ask({ ...PROD, extends: grant.id });
    await world.access.grants.revoke(bob, grant.id);
    await expect(approve(bob, request)).rejects.toMatchObject({ code: 'not_pending' });
    expect(await world.access.requests.get(alice, request.id)).toMatchObject({ state: 'cancelled' });
  });

  it('does not revive a grant that ended at the same moment', async () => {
    const grant = await active();
    const request = await ask({ ...PROD, extends: grant.id });
    await Promise.allSettled([approve(bob, request), world.another().grants.revoke(alice, grant.id)]);
    expect(await again(grant)).toMatchObject({ state: 'ended' });
    await expect(world.access.grants.activate(grant)).rejects.toMatchObject({ code: 'not_active' });
  });

  it('is refused in review where its grant was ended behind its back', async () => {
    const grant = await active();
    const request = await ask({ ...PROD, extends: grant.id });
    const at = new Date(world.clock.now());
    await world.db
      .updateTable('grants')
      .set({ state: 'revoked', ended_at: at })
      .where('id', '=', grant.id)
      .execute();
    await expect(approve(bob, request)).rejects.toMatchObject({
      code: 'not_active',
      details: { hint: expect.stringContaining('asked for anew') },
    });
    expect(await world.access.requests.get(alice, request.id)).toMatchObject({
      state: 'pending',
      reviews: [],
    });
  });

  it('counts for a policy about how long, and so do the approvals of both', async () => {
    const grant = await active();
    world.clock.advance(MINUTE);
    const beth = await world.person('beth', 'dba');
    await approve(beth, await ask({ ...PROD, extends: grant.id, duration: 3600 }));
    const policy = (cedar: string) =>
      world.access.documents.bootstrap([{ kind: 'Policy', name: 'production-needs-a-dba', cedar }], 'always');
    const unless = 'unless { context.approved };';
    await policy(
      `@approve("2 of dba") forbid (principal, action == Action::"access.connect", resource in Label::"env:prod") ${unless}`,
    );
    expect(await world.access.grants.stillAllowed(grant)).toBe('allowed');
    await policy(
      'forbid (principal, action == Action::"access.connect", resource) when { context.minutes > 30 };',
    );
    expect(await world.access.grants.stillAllowed(grant)).toBe('policy_changed');
  });
});
