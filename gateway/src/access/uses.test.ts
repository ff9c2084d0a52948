import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AccessWorld, createDemoWorld } from '../../../test/support/access-world.ts';
import { newId } from '../new-id.ts';
import type { Action, Answer } from '../policy/decision.ts';
import { SessionStore } from '../sessions/session-store.ts';
import { UseCounter } from '../sessions/use-counter.ts';
import { UseStore } from '../sessions/use-store.ts';
import type { Caller } from './caller.ts';
import { Uses } from './uses.ts';

let world: AccessWorld;
let uses: Uses;
let counter: UseCounter;
let alice: Caller;
let bob: Caller;
let carol: Caller;
let dan: Caller;
let session: Awaited<ReturnType<typeof openSession>>;

const allow: Answer = { verdict: 'allow', policies: ['reads'] };
const reads = (object: string): Action[] => [{ name: 'sql.read', object, context: {} }];

/** A session of a person's approved grant. */
async function openSession(who: Caller, resource: string, profile: string, approver?: Caller) {
  const { requests, reviews, grants } = world.access;
  const wish = { resource, profile, duration: 600, reason: 'INC-4821' };
  const asked = await requests.create(who, wish);
  if (approver) await reviews.review(approver, asked.id, { verdict: 'approve' });
  const { grantId } = await requests.get(who, asked.id);
  if (grantId === undefined) throw new Error('it was not granted');
  const id = newId('ses');
  const grant = await grants.get(who, grantId);
  await new SessionStore(world.db, newId('gw')).insert({
    ...{ id, grantId, userId: who.user.id, signInId: newId('sgn'), resource, profile },
    ...{ protocol: 'postgres', clientAddress: '192.0.2.10', startedAt: new Date(world.clock.now()) },
  });
  return { id, principal: who.user, resource: { name: resource }, grant };
}

beforeAll(async () => {
  world = await createDemoWorld();
  const watchers = [
    {
      kind: 'Policy',
      name: 'watchers-of-prod',
      cedar:
        'permit (principal in Group::"watchers", action == Action::"recording.view", resource in Label::"env:prod");',
    },
  ];
  await world.access.documents.bootstrap(watchers, 'always');
  const { authorizer, configuration } = world.access;
  uses = new Uses({ db: world.db, authorizer, configuration });
  const store = new UseStore(world.db);
  counter = new UseCounter({
    clock: world.clock,
    logger: { warn: (fields: unknown) => expect.fail(JSON.stringify(fields)) },
    store: (counted) => store.write(counted),
  });
  alice = await world.person('alice', 'engineering');
  bob = await world.person('bob', 'engineering', 'dba');
  carol = await world.person('carol', 'auditor');
  dan = await world.person('dan', 'engineering');
  session = await openSession(alice, 'orders-db', 'write', bob);
});
beforeEach(() => world.clock.advance(3_600_000));
afterAll(() => world.close());

const found = async (caller: Caller, filter: Partial<Parameters<Uses['list']>[1]> = {}) =>
  (await uses.list(caller, { limit: 100, ...filter })).uses;

describe('uses', () => {
  it('answer who read a table at a time, and who approved it', async () => {
    const now = world.clock.now();
    for (let run = 0; run < 3; run += 1) counter.used(session, reads('public.customers'), allow);
    await counter.flush();
    world.clock.advance(30_000);
    counter.used(session, reads('public.customers'), allow);
    await counter.flush();
    const [one, ...more] = await found(carol, {
      object: 'customers',
      since: new Date(now).toISOString(),
      until: new Date(now + 60_000).toISOString(),
    });
    expect(more).toEqual([]);
    expect(one).toMatchObject({
      session: session.id,
      principal: { name: 'alice' },
      ...{ resource: 'orders-db', profile: 'write', action: 'sql.read', object: 'public.customers' },
      ...{ decision: 'allow', policies: ['reads'], count: 4, reason: 'INC-4821' },
      firstAt: new Date(now).toISOString(),
      lastAt: new Date(now + 30_000).toISOString(),
      approvedBy: [{ name: 'bob' }],
      clientAddress: '192.0.2.10',
    });
    // It went on for half a minute: a question about any moment of that finds it.
    const within = {
      since: new Date(now + 20_000).toISOString(),
      until: new Date(now + 21_000).toISOString(),
    };
    expect(await found(carol, within)).toHaveLength(1);
    expect(await found(carol, { since: new Date(now + 30_001).toISOString() })).toEqual([]);
    expect(await found(carol, { until: new Date(now).toISOString() })).toEqual([]);
  });

  it('are found by table with and without schema, by its columns, by action, person and answer', async () => {
    const since = new Date(world.clock.now()).toISOString();
    counter.used(session, reads('public.customers'), allow);
    counter.used(session, reads('archive.customers'), { verdict: 'deny', reason: 'no', policies: ['stop'] });
    counter.used(session, [{ name: 'sql.write', object: 'public.orders', context: {} }], allow);
    counter.used(session, [{ name: 'data.reveal', object: 'public.customers.ssn', context: {} }], allow);
    await counter.flush();
    const objects = async (filter: object) =>
      (await found(carol, { since, ...filter })).map(({ object }) => object).sort();
    expect(await objects({ object: 'customers' })).toEqual([
      'archive.customers',
      'public.customers',
      'public.customers.ssn',
    ]);
    expect(await objects({ object: 'public.customers' })).toEqual([
      'public.customers',
      'public.customers.ssn',
    ]);
    expect(await objects({ object: 'ustomers' })).toEqual([]);
    expect(await objects({ action: 'sql' })).toEqual([
      'archive.customers',
      'public.customers',
      'public.orders',
    ]);
    expect(await objects({ action: 'sql.write' })).toEqual(['public.orders']);
    expect(await objects({ action: 'sq' })).toEqual([]);
    expect(await objects({ decision: 'deny' })).toEqual(['archive.customers']);
    expect(await objects({ who: 'alice', resource: 'orders-db' })).toHaveLength(4);
    expect(await objects({ who: 'bob' })).toEqual([]);
    expect(await objects({ resource: 'orders-staging' })).toEqual([]);
  });

  it('name who approved what was held, beside who approved the access', async () => {
    const review = newId('cmd');
    const at = new Date(world.clock.now());
    await world.db
      .insertInto('command_reviews')
      .values({
        ...{ id: review, session_id: session.id, grant_id: session.grant.id, user_id: alice.user.id },
        ...{ resource: 'orders-db', protocol: 'postgres', labels: '{}', profile: 'write', kind: 'statement' },
        ...{ sealed: '', binding: '', needs: '[]', policies: [], review_groups: [], told_groups: [] },
        ...{ state: 'approved', created_at: at, expires_at: at, decided_at: at },
      })
      .execute();
    await world.db
      .insertInto('command_votes')
      .values({
        ...{ review_id: review, reviewer_id: carol.user.id, reviewer_groups: [] },
        ...{ verdict: 'approve', reason: null, created_at: at },
      })
      .execute();
    counter.used(session, [{ name: 'sql.write', object: 'public.customers', context: {} }], {
      ...allow,
      review,
    });
    await counter.flush();
    expect(await found(carol, { since: at.toISOString() })).toMatchObject([
      {
        reviews: [review],
        approvedBy: [{ name: 'bob' }],
        reviewedBy: [{ name: 'carol' }],
        brokenGlass: false,
      },
    ]);
  });

  it('of others are for those who may view recordings there; one’s own are always one’s own', async () => {
    const own = await openSession(dan, 'orders-staging', 'read');
    const since = new Date(world.clock.now()).toISOString();
    counter.used(session, reads('public.customers'), allow);
    counter.used(own, reads('public.orders'), allow);
    await counter.flush();
    const who = async (caller: Caller) =>
      (await found(caller, { since })).map(({ principal }) => principal.name);
    expect((await who(carol)).sort()).toEqual(['alice', 'dan']);
    expect(await who(alice)).toEqual(['alice']);
    expect(await who(dan)).toEqual(['dan']);
    expect(await who(await world.person('erin', 'watchers'))).toEqual(['alice']);
  });

  it('come in pages that neither miss nor repeat any, whatever is added meanwhile', async () => {
    const since = new Date(world.clock.now()).toISOString();
    for (let number = 0; number < 25; number += 1) {
      if (number % 5 === 0) world.clock.advance(1);
      counter.used(session, reads(`public.t${number}`), allow);
    }
    await counter.flush();
    const seen: (string | undefined)[] = [];
    let cursor: string | undefined;
    do {
      const page = await uses.list(carol, { limit: 10, since, cursor });
      seen.push(...page.uses.map(({ object }) => object));
      counter.used(session, reads(`public.later${seen.length}`), allow);
      counter.used(session, reads('public.t3'), allow);
      await counter.flush();
      cursor = page.next;
      world.clock.advance(1);
    } while (cursor !== undefined);
    expect(seen).toHaveLength(25);
    expect(new Set(seen).size).toBe(25);
    await expect(uses.list(carol, { limit: 1, cursor: 'nonsense' })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});
