import type { AccessRequest, DocumentInput, DrawbridgeError } from '@drawbridge/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { knock } from '../support/knock.ts';
import { SignedIn } from '../support/signed-in.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';

let world: TestDemo;
let alice: SignedIn;
let bob: SignedIn;
let carol: SignedIn;
let dan: SignedIn;
let erin: SignedIn;

beforeAll(async () => {
  world = await startTestDemo();
  const at = (name: string) => SignedIn.at(world.demo.url, name);
  [alice, bob, carol, dan, erin] = [
    await at('alice'),
    await at('bob'),
    await at('carol'),
    await at('dan'),
    await at('erin'),
  ];
});
afterAll(() => world?.stop());

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    (error: DrawbridgeError) => error.code,
  );
const asks = (person: SignedIn, resource: string): Promise<AccessRequest> =>
  person.api.call('createRequest', { body: { resource, profile: 'read', duration: 600, reason: 'a test' } });
const reviews = (
  person: SignedIn,
  { id }: Pick<AccessRequest, 'id'>,
  verdict: 'approve' | 'deny' = 'approve',
) => person.api.call('createReview', { params: { id }, body: { verdict, reason: 'a review' } });
const apply = (document: DocumentInput) => erin.api.call('apply', { body: { documents: [document] } });
const policy = (name: string, cedar: string): DocumentInput => ({ kind: 'Policy', name, cedar });
async function grantsOf(person: SignedIn) {
  return (await person.api.call('listGrants', { query: {} })).grants.filter(
    ({ state }) => state === 'approved',
  );
}
async function refusal(person: SignedIn, resource: string) {
  const answer = await knock(world.demo.url, { token: await person.tokens.token(), query: { resource } });
  if ('link' in answer) {
    answer.link.terminate();
    return 'opened';
  }
  return `${answer.status} ${answer.error?.code}`;
}

describe('without a grant of one’s own', () => {
  it('there is no tunnel, whoever else has one', async () => {
    expect(await refusal(alice, 'orders-staging')).toBe('403 access_needed');
    const grant = await alice.gets('orders-staging');
    expect(await refusal(alice, 'orders-staging')).toBe('opened');
    for (const other of [bob, carol, dan, erin])
      expect(await refusal(other, 'orders-staging')).toMatch(/^(403|404) /);
    // Nor does it help to ask for a profile or a resource that isn't granted.
    const token = await alice.tokens.token();
    expect(
      await knock(world.demo.url, { token, query: { resource: 'orders-staging', profile: 'write' } }),
    ).toMatchObject({ status: 403, error: { code: 'access_needed' } });
    expect(await refusal(alice, 'orders-db')).toBe('403 access_needed');
    expect(await refusal(alice, 'no-such-thing')).toMatch(/^40[34] /);
    await alice.api.call('revokeGrant', { params: { id: grant.id }, body: {} });
    expect(await refusal(alice, 'orders-staging')).toBe('403 access_needed');
  });

  it('nobody sees, ends or reads what is another’s', async () => {
    const grant = await alice.gets('orders-staging');
    const tunnel = await alice.tunnel('orders-staging');
    await alice.connect(tunnel);
    const { sessions } = await alice.api.call('listSessions', { query: { state: 'live' } });
    const params = { id: sessions[0]?.id ?? expect.fail('There is no session.') };
    expect(await codeOf(dan.api.call('getGrant', { params: { id: grant.id } }))).toBe('not_found');
    expect(await codeOf(dan.api.call('revokeGrant', { params: { id: grant.id }, body: {} }))).toBe(
      'not_found',
    );
    expect(await codeOf(dan.api.call('getSession', { params }))).toBe('not_found');
    expect(await codeOf(dan.api.call('terminateSession', { params, body: {} }))).toBe('not_found');
    expect(await codeOf(dan.api.stream('getRecording', { params, query: {} }))).toBe('not_found');
    expect(await codeOf(dan.api.call('listAudit', { query: {} }))).toBe('forbidden');
    expect(await codeOf(dan.api.call('listDocuments', { query: {} }))).toBe('forbidden');
    expect(
      await codeOf(
        bob.api.call('apply', {
          body: { documents: [policy('mine', 'permit (principal, action, resource);')] },
        }),
      ),
    ).toBe('forbidden');
    expect((await dan.api.call('listSessions', { query: {} })).sessions).toEqual([]);
    expect((await dan.api.call('listGrants', { query: { scope: 'all' } })).grants).toEqual([]);
    expect(await codeOf(alice.api.call('getSession', { params }))).toBe('done');
    await alice.leave();
    await alice.api.call('revokeGrant', { params: { id: grant.id }, body: {} });
  });
});

describe('a review', () => {
  it('is never one’s own, even of somebody who reviews all others', async () => {
    await apply(
      policy(
        'dba-reads',
        'permit (principal in Group::"dba", action in [Action::"access.request", Action::"access.connect"], resource);',
      ),
    );
    const request = await asks(bob, 'orders-db');
    expect(request).toMatchObject({ state: 'pending', reviewable: false });
    expect(await codeOf(reviews(bob, request))).toBe('self_review');
    // Nor by another sign-in of the same person.
    const again = await SignedIn.at(world.demo.url, 'bob');
    expect(await codeOf(reviews(again, request))).toBe('self_review');
    expect(await codeOf(reviews(alice, request))).toMatch(/^not_(found|a_reviewer)$/);
    expect(await bob.api.call('getRequest', { params: { id: request.id } })).toMatchObject({
      state: 'pending',
      reviews: [],
    });
    await bob.api.call('cancelRequest', { params: { id: request.id } });
  });

  it('counts once: replayed, after the end, and on what is decided it does nothing', async () => {
    const request = await asks(alice, 'orders-db');
    const approved = await reviews(bob, request);
    expect(approved.state).toBe('approved');
    expect(await codeOf(reviews(bob, request))).toMatch(/^(already_reviewed|not_pending)$/);
    await alice.api.call('revokeGrant', {
      params: { id: approved.grantId ?? expect.fail('no grant') },
      body: {},
    });
    expect(await codeOf(reviews(bob, request))).toMatch(/^(already_reviewed|not_pending)$/);
    expect(await grantsOf(alice)).toEqual([]);

    const cancelled = await asks(alice, 'orders-db');
    await alice.api.call('cancelRequest', { params: { id: cancelled.id } });
    expect(await codeOf(reviews(bob, cancelled))).toBe('not_pending');
    const denied = await asks(alice, 'orders-db');
    await reviews(bob, denied, 'deny');
    expect(await codeOf(reviews(bob, denied))).toMatch(/^(already_reviewed|not_pending)$/);
    expect(await grantsOf(alice)).toEqual([]);
  });

  it('never widens what was asked for', async () => {
    const request = await asks(alice, 'orders-db');
    const params = { id: request.id };
    for (const duration of [601, 86_400, -1, 0])
      expect(
        await codeOf(bob.api.call('createReview', { params, body: { verdict: 'approve', duration } })),
      ).toBe('invalid_request');
    expect(
      await codeOf(
        bob.api.call('createReview', { params, body: { verdict: 'approve', profile: 'write' } as never }),
      ),
    ).toBe('invalid_request');
    await alice.api.call('cancelRequest', { params });
  });

  it('of the same person ten times at once gives one grant', async () => {
    const request = await asks(alice, 'orders-db');
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => codeOf(reviews(bob, request))));
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    const [grant, ...more] = await grantsOf(alice);
    expect(more).toEqual([]);
    await alice.api.call('revokeGrant', { params: { id: grant?.id ?? expect.fail('no grant') }, body: {} });
  });

  it('and its opposite at once: one of them decides', async () => {
    const request = await asks(alice, 'orders-db');
    const outcomes = await Promise.all([
      codeOf(reviews(bob, request)),
      codeOf(reviews(bob, request, 'deny')),
    ]);
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    const { state } = await alice.api.call('getRequest', { params: { id: request.id } });
    const grants = await grantsOf(alice);
    expect({ state, grants: grants.length }).toEqual(
      outcomes[0] === 'done' ? { state: 'approved', grants: 1 } : { state: 'denied', grants: 0 },
    );
    for (const { id } of grants) await alice.api.call('revokeGrant', { params: { id }, body: {} });
  });

  it('of two people at once meets a quorum of two, and one person never does', async () => {
    await apply(
      policy(
        'security-reviews',
        'permit (principal in Group::"security", action == Action::"access.review", resource);',
      ),
    );
    await apply(
      policy(
        'production-needs-a-dba',
        '@approve("2 of dba, security") forbid (principal, action == Action::"access.connect", resource in Label::"env:prod") unless { context.approved };',
      ),
    );
    const alone = await asks(alice, 'orders-db');
    await Promise.all(Array.from({ length: 5 }, () => codeOf(reviews(bob, alone))));
    expect(await alice.api.call('getRequest', { params: { id: alone.id } })).toMatchObject({
      state: 'pending',
    });
    await alice.api.call('cancelRequest', { params: { id: alone.id } });

    const request = await asks(alice, 'orders-db');
    expect(await Promise.all([codeOf(reviews(bob, request)), codeOf(reviews(carol, request))])).toEqual([
      'done',
      'done',
    ]);
    expect(await alice.api.call('getRequest', { params: { id: request.id } })).toMatchObject({
      state: 'approved',
    });
    expect(await grantsOf(alice)).toHaveLength(1);
  });

  it('and the same request asked for ten times at once leaves one request', async () => {
    await Promise.all(
      (await grantsOf(alice)).map(({ id }) => alice.api.call('revokeGrant', { params: { id }, body: {} })),
    );
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => codeOf(asks(alice, 'orders-db'))));
    expect(outcomes.toSorted()).toEqual([...Array.from({ length: 9 }, () => 'already_pending'), 'done']);
  });
});
