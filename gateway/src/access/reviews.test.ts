import type { AccessRequest, NewReview } from '@drawbridge/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AccessWorld, createDemoWorld } from '../../../test/support/access-world.ts';
import type { Caller } from './caller.ts';

const QUORUM = {
  kind: 'Policy',
  name: 'production-needs-a-dba',
  cedar:
    '@approve("2 of dba, security") forbid (principal, action == Action::"access.connect", resource in Label::"env:prod") unless { context.approved };',
};
const REVIEWERS = {
  kind: 'Policy',
  name: 'security-reviews',
  cedar: 'permit (principal in Group::"security", action == Action::"access.review", resource);',
};

let world: AccessWorld;
let alice: Caller;
let bob: Caller;
let request: AccessRequest;

beforeEach(async () => {
  world = await createDemoWorld();
  alice = await world.person('alice', 'engineering');
  bob = await world.person('bob', 'dba');
});
afterEach(() => world.close());

const ask = async () => {
  request = await world.access.requests.create(alice, {
    resource: 'orders-db',
    profile: 'read',
    duration: 1800,
    reason: 'a look',
  });
};
const review = (caller: Caller, verdict: NewReview = { verdict: 'approve' }) =>
  world.access.reviews.review(caller, request.id, verdict);
const grants = () => world.db.selectFrom('grants').selectAll().execute();

describe('one approval', () => {
  beforeEach(ask);

  it('grants what was asked for', async () => {
    const after = await review(bob, { verdict: 'approve', reason: 'fine' });
    expect(after).toMatchObject({
      state: 'approved',
      reviewable: false,
      reviews: [{ reviewer: { name: 'bob' }, verdict: 'approve', reason: 'fine' }],
    });
    const grant = await world.access.grants.findUsable(alice.user, 'orders-db');
    expect(grant).toMatchObject({
      id: after.grantId,
      state: 'approved',
      duration: 1800,
      reason: 'a look',
      approvedBy: [{ name: 'bob' }],
    });
    expect(Date.parse(grant.activateBy) - world.clock.now()).toBe(8 * 3_600_000);
  });

  it('may shorten the time', async () => {
    await review(bob, { verdict: 'approve', duration: 600 });
    expect(await world.access.grants.findUsable(alice.user, 'orders-db')).toMatchObject({ duration: 600 });
  });

  it('may not lengthen it', async () => {
    await expect(review(bob, { verdict: 'approve', duration: 1801 })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    expect(await grants()).toEqual([]);
  });

  it('is never the own one, also of somebody who could review others', async () => {
    await world.person('alice', 'engineering', 'dba');
    const both = { ...alice, user: { ...alice.user, groups: ['engineering', 'dba'] } };
    await expect(review(both)).rejects.toMatchObject({ code: 'self_review' });
    expect(await grants()).toEqual([]);
  });

  it('counts only from a group that was asked', async () => {
    const carol = await world.person('carol', 'security', 'auditor');
    await expect(review(carol)).rejects.toMatchObject({
      code: 'not_a_reviewer',
      details: { hint: 'It waits for dba.' },
    });
  });

  it('counts only where policy lets the person review', async () => {
    await world.access.documents.bootstrap(
      [
        {
          kind: 'Policy',
          name: 'dba-reviews',
          cedar:
            'permit (principal in Group::"dba", action == Action::"access.review", resource in Label::"env:staging");',
        },
      ],
      'always',
    );
    await expect(review(bob)).rejects.toMatchObject({ code: 'not_found' });
    expect(await grants()).toEqual([]);
  });

  it('of a request that somebody may not see looks like one that is not there', async () => {
    await expect(review(await world.person('dan'))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('replayed says already_reviewed and grants nothing more', async () => {
    await review(bob);
    await expect(review(bob)).rejects.toMatchObject({ code: 'already_reviewed' });
    expect(await grants()).toHaveLength(1);
  });

  it('by a second reviewer after the first says not_pending', async () => {
    await review(bob);
    await expect(review(await world.person('beth', 'dba'))).rejects.toMatchObject({ code: 'not_pending' });
  });

  it('comes too late once the request lapsed', async () => {
    world.clock.advance(86_400_000);
    await expect(review(bob)).rejects.toMatchObject({ code: 'not_pending' });
  });

  it.each([
    ['the same person', ['bob', 'bob']],
    ['two people', ['bob', 'beth']],
  ])('at once by %s, on two gateways, makes one grant', async (_, names) => {
    const people = await Promise.all(names.map((name) => world.person(name, 'dba')));
    const gateways = [world.access, world.another()];
    const results = await Promise.allSettled(
      people.map((person, n) => gateways[n]?.reviews.review(person, request.id, { verdict: 'approve' })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await grants()).toHaveLength(1);
    expect(await world.db.selectFrom('reviews').select('id').execute()).toHaveLength(1);
  });

  it('and a denial at once leave one of the two', async () => {
    const beth = await world.person('beth', 'dba');
    await Promise.allSettled([
      review(bob),
      world.another().reviews.review(beth, request.id, { verdict: 'deny' }),
    ]);
    const { state } = await world.access.requests.get(alice, request.id);
    expect((await grants()).length).toBe(state === 'approved' ? 1 : 0);
  });

  it('does not reach past a policy that changed meanwhile', async () => {
    await world.access.documents.bootstrap(
      [
        {
          kind: 'Policy',
          name: 'freeze',
          cedar:
            '@message("frozen for the audit") forbid (principal, action == Action::"access.connect", resource);',
        },
      ],
      'always',
    );
    await expect(review(bob)).rejects.toMatchObject({
      code: 'policy_denied',
      message: 'frozen for the audit',
    });
    expect(await world.access.requests.get(alice, request.id)).toMatchObject({
      state: 'pending',
      reviews: [],
    });
  });

  it('does not help somebody who left the group meanwhile', async () => {
    await world.person('alice');
    await expect(review(bob)).rejects.toMatchObject({ code: 'policy_denied' });
  });

  it('is enough where policy asks for less than when the request was made', async () => {
    const one = { ...QUORUM, cedar: QUORUM.cedar.replace('2 of dba, security', 'dba') };
    await world.access.documents.bootstrap([QUORUM], 'always');
    await review(bob);
    await world.access.documents.bootstrap([one], 'always');
    expect(await review(await world.person('beth', 'dba'))).toMatchObject({ state: 'approved' });
  });

  it('of many requests at once does not run the pool of connections dry', async () => {
    const people = await Promise.all(
      Array.from({ length: 20 }, (_, n) => world.person(`engineer-${n}`, 'engineering')),
    );
    const wish = { resource: 'orders-db', profile: 'read', duration: 600, reason: 'a look' };
    const requests = await Promise.all(people.map((person) => world.access.requests.create(person, wish)));
    await Promise.all(requests.map(({ id }) => world.access.reviews.review(bob, id, { verdict: 'approve' })));
    expect(await grants()).toHaveLength(20);
  });

  it('counts towards what policy asks now, not when the request was made', async () => {
    await world.access.documents.bootstrap([QUORUM], 'always');
    expect(await review(bob)).toMatchObject({
      state: 'pending',
      needs: [{ count: 2, groups: ['dba', 'security'] }],
    });
    expect(await review(await world.person('beth', 'dba'))).toMatchObject({ state: 'approved' });
  });
});

describe('a denial', () => {
  beforeEach(ask);

  it('ends the request', async () => {
    expect(await review(bob, { verdict: 'deny', reason: 'use staging' })).toMatchObject({
      state: 'denied',
      reviews: [{ verdict: 'deny', reason: 'use staging' }],
    });
    expect(await grants()).toEqual([]);
    await expect(review(await world.person('beth', 'dba'))).rejects.toMatchObject({ code: 'not_pending' });
  });

  it('has no duration', async () => {
    await expect(review(bob, { verdict: 'deny', duration: 60 })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it('lets the person ask anew', async () => {
    await review(bob, { verdict: 'deny' });
    await ask();
    expect(request.state).toBe('pending');
  });
});

describe('a quorum of two', () => {
  beforeEach(async () => {
    await world.access.documents.bootstrap([QUORUM, REVIEWERS], 'always');
    await ask();
  });

  it('counts somebody in both groups once', async () => {
    const both = await world.person('bella', 'dba', 'security');
    expect(await review(both)).toMatchObject({ state: 'pending', reviewable: false });
    await expect(review(both)).rejects.toMatchObject({ code: 'already_reviewed' });
    expect(await grants()).toEqual([]);
  });

  it('is met by two people and gives the shortest time', async () => {
    await review(bob, { verdict: 'approve', duration: 1200 });
    await review(await world.person('carol', 'security'), { verdict: 'approve', duration: 600 });
    expect(await grants()).toMatchObject([{ duration: 600 }]);
  });

  it('is met by two people at once', async () => {
    const carol = await world.person('carol', 'security');
    await Promise.all([
      review(bob),
      world.another().reviews.review(carol, request.id, { verdict: 'approve' }),
    ]);
    expect(await grants()).toHaveLength(1);
  });

  it('is ended by one denial', async () => {
    await review(bob);
    expect(await review(await world.person('carol', 'security'), { verdict: 'deny' })).toMatchObject({
      state: 'denied',
    });
  });
});

describe('a justification', () => {
  const TICKET = {
    kind: 'Policy',
    name: 'ticket',
    cedar:
      '@justify("ticket") @message("production needs a ticket") forbid (principal, action == Action::"access.connect", resource in Label::"env:prod") unless { context.hasTicket };',
  };
  const wish = { resource: 'orders-db', profile: 'read', duration: 600 };

  it.each(['OPS-42: parcel lost', 'see #42', 'https://tickets.example/42'])(
    'is met by a ticket in the reason: %s',
    async (reason) => {
      await world.access.documents.bootstrap([TICKET], 'always');
      expect(await world.access.requests.create(alice, { ...wish, reason })).toMatchObject({
        state: 'pending',
        needs: [{ kind: 'approve' }],
      });
    },
  );

  it('is asked for where the reason names none', async () => {
    await world.access.documents.bootstrap([TICKET], 'always');
    await expect(
      world.access.requests.create(alice, { ...wish, reason: 'just a look' }),
    ).rejects.toMatchObject({
      code: 'policy_denied',
      message: 'production needs a ticket',
      details: { policies: ['ticket'], issues: [{ path: 'reason' }] },
    });
  });
});
