import type { CommandReview, DocumentInput, Grant, SessionEndCode } from '@drawbridge/contract';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { SignedIn } from '../support/signed-in.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';
import { goneFrom } from '../support/watched-session.ts';

/** Each statement that changes it waits for a DBA. */
const RESOURCE = 'orders-db';
/** What CONTROLS promise, in ms. */
const AT_ONCE = 1000;

let store: TestDatabase;
let database: pg.Client;
let world: TestDemo;
let target: pg.Client;
let bob: SignedIn;
let carol: SignedIn;
let erin: SignedIn;
/** Signs in anew for each test: some end her sign-in. */
let alice: SignedIn;
let count = 0;

beforeAll(async () => {
  store = await createTestDatabase();
  world = await startTestDemo({ DRAWBRIDGE_STORE_URL: store.url });
  database = new pg.Client(store.url);
  target = new pg.Client(world.demo.targetUrl('orders'));
  await Promise.all([database.connect(), target.connect()]);
  const at = (name: string) => SignedIn.at(world.demo.url, name);
  [bob, carol, erin] = [await at('bob'), await at('carol'), await at('erin')];
});
beforeEach(async () => {
  alice = await SignedIn.at(world.demo.url, 'alice');
});
afterEach(async () => {
  await alice.leave();
  // What a test leaves to Alice would be in the way of the next.
  const again = await SignedIn.at(world.demo.url, 'alice');
  const { grants } = await again.api.call('listGrants', { query: {} });
  for (const { id, state } of grants)
    if (state === 'active' || state === 'approved')
      await again.api.call('revokeGrant', { params: { id }, body: {} });
});
afterAll(async () => {
  await database?.end();
  await target?.end();
  await world?.stop();
  await store?.drop();
});

const writing = () => alice.gets(RESOURCE, { profile: 'write', approvedBy: bob });

/** What waits for Bob with this text. */
async function waiting(statement: string): Promise<CommandReview> {
  for (;;) {
    const { reviews } = await bob.api.call('listCommandReviews', {
      query: { scope: 'reviewable', state: 'pending' },
    });
    const found = reviews.find(({ text }) => text === statement);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Ends a session whose statement waits for an approval, with one call; it is over within a second, and nothing was done. */
async function expectEnds(
  grant: Grant,
  end: () => Promise<unknown>,
  { code, words }: { readonly code: SessionEndCode; readonly words: RegExp },
): Promise<void> {
  count += 1;
  const name = `held ${count}`;
  const statement = `update public.orders set total = total + ${count} where id = 1`;
  const { rows: before } = await target.query('select total from public.orders where id = 1');
  const client = await alice.connect(await alice.tunnel(RESOURCE), { application_name: name });
  const over = client.query(statement).then(
    () => expect.fail('It ran.'),
    (error: pg.DatabaseError) => ({ at: performance.now(), error }),
  );
  const review = await waiting(statement);
  await end();
  const answered = performance.now();
  const [{ at, error }, gone] = await Promise.all([over, goneFrom(target, [name])]);
  expect(error).toMatchObject({ severity: 'FATAL', code: '57P01' });
  expect(error.message).toMatch(words);
  expect(at - answered).toBeLessThan(AT_ONCE);
  expect(gone - answered).toBeLessThan(AT_ONCE);
  const read = () => bob.api.call('getCommandReview', { params: { id: review.id } });
  await expect.poll(async () => (await read()).state).toBe('withdrawn');
  // Approved now it would run in nobody's session.
  await expect(
    bob.api.call('voteOnCommand', { params: { id: review.id }, body: { verdict: 'approve' } }),
  ).rejects.toMatchObject({ code: 'not_pending' });
  await expect
    .poll(async () => {
      const { sessions } = await carol.api.call('listSessions', { query: { state: 'closed' } });
      return sessions
        .filter(({ grantId, recording }) => grantId === grant.id && recording === 'sealed')
        .map(({ endCode }) => endCode);
    })
    .toEqual([code]);
  expect((await target.query('select total from public.orders where id = 1')).rows).toEqual(before);
}

describe('access ends within a second while a statement is held', () => {
  it('when somebody revokes the grant', async () => {
    const grant = await writing();
    const params = { id: grant.id };
    await expectEnds(grant, () => bob.api.call('revokeGrant', { params, body: { reason: 'enough' } }), {
      code: 'grant_revoked',
      words: /grant revoked \(enough\)$/,
    });
  });

  it('when the grant expires', async () => {
    const grant = await writing();
    // A minute is the least that can be asked for; the store is told of four seconds from the first use.
    await database.query('update grants set duration = 4 where id = $1', [grant.id]);
    await expectEnds(
      grant,
      async () => {
        const { expiresAt } = await alice.api.call('getGrant', { params: { id: grant.id } });
        await expect
          .poll(() => Date.now(), { timeout: 10_000, interval: 5 })
          .toBeGreaterThanOrEqual(Date.parse(expiresAt ?? ''));
      },
      { code: 'grant_expired', words: /grant expired$/ },
    );
  });

  it('when she signs out', async () => {
    const grant = await writing();
    await expectEnds(grant, () => alice.api.call('signOut', { body: {} }), {
      code: 'signed_out',
      words: /signed out$/,
    });
  });

  it('when somebody ends the session', async () => {
    const grant = await writing();
    await expectEnds(
      grant,
      async () => {
        const { sessions } = await carol.api.call('listSessions', { query: { state: 'live' } });
        for (const { id } of sessions)
          await carol.api.call('terminateSession', { params: { id }, body: { reason: 'wrong table' } });
      },
      { code: 'terminated', words: /\(wrong table\)$/ },
    );
  });

  it('when policy changes and no longer allows it', async () => {
    const grant = await writing();
    const stop: DocumentInput = {
      kind: 'Policy',
      name: 'stop',
      cedar: 'forbid (principal, action == Action::"access.connect", resource in Label::"env:prod");',
    };
    await expectEnds(grant, () => erin.api.call('apply', { body: { documents: [stop] } }), {
      code: 'policy_changed',
      words: /policy changed and no longer allows it$/,
    });
    await erin.api.call('removeDocument', { params: { kind: 'Policy', name: 'stop' } });
  });

  it('and not when the grant is extended: then it goes on waiting, and runs once it is approved', async () => {
    const grant = await writing();
    await database.query('update grants set duration = 5 where id = $1', [grant.id]);
    const client = await alice.connect(await alice.tunnel(RESOURCE));
    const statement = 'update public.orders set total = total where id = 2';
    const ran = client.query(statement);
    const review = await waiting(statement);
    const asked = await alice.api.call('createRequest', {
      body: { resource: RESOURCE, profile: 'write', extends: grant.id, duration: 600, reason: 'not done' },
    });
    await bob.api.call('createReview', { params: { id: asked.id }, body: { verdict: 'approve' } });
    const { expiresAt: end } = await alice.api.call('getGrant', { params: { id: grant.id } });
    expect(Date.parse(end ?? '') - Date.now()).toBeGreaterThan(500_000);
    // Past the moment at which it would have ended.
    const { activatedAt } = await alice.api.call('getGrant', { params: { id: grant.id } });
    await expect
      .poll(() => Date.now(), { timeout: 10_000, interval: 20 })
      .toBeGreaterThanOrEqual(Date.parse(activatedAt ?? '') + 5_500);
    await bob.api.call('voteOnCommand', { params: { id: review.id }, body: { verdict: 'approve' } });
    expect(await ran).toMatchObject({ rowCount: 1 });
    expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
  });

  it('when the resource is removed, at last', async () => {
    const grant = await writing();
    const params = { kind: 'Resource', name: RESOURCE } as const;
    await expectEnds(grant, () => erin.api.call('removeDocument', { params }), {
      code: 'resource_removed',
      words: /the resource was removed$/,
    });
  });
});
