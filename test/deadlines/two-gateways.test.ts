import { ApiClient, fetchRecording, liveEvents } from '@drawbridge/gateway-client';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { readRecording } from '../support/read-recording.ts';
import { type SecondGateway, startSecondGateway } from '../support/second-gateway.ts';
import { SignedIn } from '../support/signed-in.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';
import { busySession, goneFrom, idleSession } from '../support/watched-session.ts';

const RESOURCE = 'orders-staging';
const AT_ONCE = 1000;
let store: TestDatabase;
let world: TestDemo;
let second: SecondGateway;
let target: pg.Client;
let alice: SignedIn;
let bob: SignedIn;
let carol: SignedIn;
let erin: SignedIn;

beforeAll(async () => {
  store = await createTestDatabase();
  world = await startTestDemo({ DRAWBRIDGE_STORE_URL: store.url });
  second = await startSecondGateway(world, store.url);
  target = new pg.Client(world.demo.targetUrl('orders_staging'));
  await target.connect();
  const signIn = (name: string) => SignedIn.at(world.demo.url, name);
  alice = await signIn('alice');
  bob = await signIn('bob');
  carol = await signIn('carol');
  erin = await signIn('erin');
  await erin.api.call('apply', {
    body: {
      documents: [
        {
          kind: 'Policy',
          name: 'dba-ends-staging',
          cedar: 'permit (principal in Group::"dba", action == Action::"session.terminate", resource);',
        },
      ],
    },
  });
});
afterEach(() => alice.leave());
afterAll(async () => {
  await target?.end();
  await second?.stop();
  await world?.stop();
  await store?.drop();
});

/** The API of another gateway, for somebody who signed in at the first. */
const at = ({ url }: SecondGateway, { tokens }: SignedIn) => new ApiClient({ gateway: url, tokens });

/** Sessions at the second gateway, ended by a call to the first. */
async function expectEndElsewhere(end: () => Promise<unknown>, words: RegExp): Promise<void> {
  const tunnel = await alice.tunnel(RESOURCE, second.url);
  const idle = await idleSession(alice, tunnel);
  const busy = await busySession(alice, tunnel, target);
  await end();
  const answered = performance.now();
  const gone = await goneFrom(target, [idle.name, busy.name]);
  for (const { at, error } of [await idle.ended, await busy.ended]) {
    expect(error).toMatchObject({ severity: 'FATAL', code: '57P01' });
    expect(error.message).toMatch(words);
    expect(at - answered).toBeLessThan(AT_ONCE);
  }
  expect(gone - answered).toBeLessThan(AT_ONCE);
}

describe('two gateways on one store', () => {
  it('know the same grants: what one gave opens a session at the other, and is recorded there', async () => {
    const grant = await alice.gets(RESOURCE);
    const client = await alice.connect(await alice.tunnel(RESOURCE, second.url));
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    const [live] = (await carol.api.call('listSessions', { query: { state: 'live' } })).sessions;
    const id = live?.id ?? expect.fail('The first does not know of it.');
    // What it would have to hear of is written elsewhere.
    await expect(fetchRecording(carol.api, id, undefined, { follow: true })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('is not on this gateway'),
    });
    await client.end();
    await expect
      .poll(() => carol.api.call('getSession', { params: { id } }))
      .toMatchObject({ recording: 'sealed' });
    // Its file is on the second's disk: both were told of different folders, so the first says that it isn't here.
    const { manifest } = await readRecording({ api: at(second, carol) }, id);
    expect(manifest).toMatchObject({ session: id, crashed: false });
    // Who did what is known everywhere.
    const { uses } = await carol.api.call('listUses', { query: { resource: RESOURCE, who: 'alice' } });
    expect(uses).toContainEqual(
      expect.objectContaining({ session: id, action: 'sql.read', decision: 'allow' }),
    );
    await alice.api.call('revokeGrant', { params: { id: grant.id }, body: {} });
  });

  it('approve at one what runs at the other: access, and a statement that is held', async () => {
    const request = await at(second, alice).call('createRequest', {
      body: { resource: 'orders-db', profile: 'write', duration: 600, reason: 'OPS-7' },
    });
    await bob.api.call('createReview', { params: { id: request.id }, body: { verdict: 'approve' } });
    const client = await alice.connect(await alice.tunnel('orders-db', second.url));
    const update = client.query('update customers set id = id where id = -1');
    const held = () => bob.api.call('listCommandReviews', { query: { scope: 'reviewable' } });
    await expect.poll(async () => (await held()).reviews).toMatchObject([{ principal: { name: 'alice' } }]);
    const [review] = (await held()).reviews;
    if (review === undefined) throw new Error('It is not held any more.');
    await bob.api.call('voteOnCommand', { params: { id: review.id }, body: { verdict: 'approve' } });
    expect(await update).toMatchObject({ command: 'UPDATE', rowCount: 0 });
    await client.end();
    await expect
      .poll(async () => {
        const query = { object: 'customers', action: 'sql.write' };
        return (await carol.api.call('listUses', { query })).uses;
      })
      .toMatchObject([
        { reviews: [review.id], approvedBy: [{ name: 'bob' }], reviewedBy: [{ name: 'bob' }] },
      ]);
  });

  it('end each other’s sessions within a second: revocation', async () => {
    const grant = await alice.gets(RESOURCE);
    const end = () => bob.api.call('revokeGrant', { params: { id: grant.id }, body: { reason: 'done' } });
    await expectEndElsewhere(end, /access to orders-staging ended: grant revoked \(done\)$/);
  });

  it('end each other’s sessions within a second: a terminated session', async () => {
    const grant = await alice.gets(RESOURCE);
    await expectEndElsewhere(async () => {
      const { sessions } = await carol.api.call('listSessions', { query: { state: 'live' } });
      for (const { id } of sessions) await carol.api.call('terminateSession', { params: { id }, body: {} });
    }, /ended by /);
    await alice.api.call('revokeGrant', { params: { id: grant.id }, body: {} });
  });

  it('end each other’s sessions within a second: a policy', async () => {
    const grant = await alice.gets(RESOURCE);
    const stop = 'forbid (principal, action == Action::"access.connect", resource in Label::"env:staging");';
    await expectEndElsewhere(
      () => erin.api.call('apply', { body: { documents: [{ kind: 'Policy', name: 'stop', cedar: stop }] } }),
      /policy changed/,
    );
    await erin.api.call('removeDocument', { params: { kind: 'Policy', name: 'stop' } });
    await alice.api.call('revokeGrant', { params: { id: grant.id }, body: {} });
  });

  it('tell each other’s clients what changed', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const event of liveEvents({ api: at(second, alice), signal: stop.signal })) {
        if (event.type === 'hello') seen.push('hello');
        if (event.type === 'grant') seen.push(event.grant.state);
      }
    })().catch(() => undefined);
    await expect.poll(() => seen).toEqual(['hello']);
    const grant = await alice.gets(RESOURCE);
    await expect.poll(() => seen).toEqual(['hello', 'approved']);
    await bob.api.call('revokeGrant', { params: { id: grant.id }, body: {} });
    await expect.poll(() => seen).toEqual(['hello', 'approved', 'revoked']);
    stop.abort();
    await following;
  });

  it('end each other’s sessions within a second: a sign-out, at last', async () => {
    await alice.gets(RESOURCE);
    await expectEndElsewhere(() => alice.api.call('signOut', { body: {} }), /signed out$/);
  });
});

describe('a gateway that is killed', () => {
  it('leaves its sessions to the others: they close them, and seal what they can reach', async () => {
    const third = await startSecondGateway(world, store.url, { name: 'third', sharedRecordings: true });
    const lonely = await startSecondGateway(world, store.url, { name: 'lonely' });
    const anew = await SignedIn.at(world.demo.url, 'alice');
    const sessionAt = async (gateway: SecondGateway) => {
      const client = await anew.connect(await anew.tunnel(RESOURCE, gateway.url));
      await client.query(`select 'kept by ${gateway.pid}'`);
      const { sessions } = await carol.api.call('listSessions', { query: { state: 'live', user: 'alice' } });
      return sessions[0]?.id ?? expect.fail('There is no session.');
    };
    let again: SecondGateway | undefined;
    try {
      // The grant of before: signing out ended its sessions, not the access.
      const shared = await sessionAt(third);
      const alone = await sessionAt(lonely);
      await third.kill();
      await lonely.kill();
      const session = (id: typeof shared) => () => carol.api.call('getSession', { params: { id } });
      const crashed = { state: 'closed', endCode: 'gateway_crashed' };
      await expect
        .poll(session(shared), { timeout: 60_000, interval: 500 })
        .toMatchObject({ ...crashed, recording: 'sealed-after-crash' });
      // Nobody reaches what is on its disk alone, until it is back.
      await expect
        .poll(session(alone), { timeout: 20_000, interval: 500 })
        .toMatchObject({ ...crashed, recording: 'open' });
      const sealed = await readRecording(carol, shared);
      expect(sealed.manifest).toMatchObject({ session: shared, crashed: true, endCode: 'gateway_crashed' });
      expect(JSON.stringify(sealed.events)).toContain(`kept by ${third.pid}`);
      again = await startSecondGateway(world, store.url, { name: 'lonely' });
      expect(await session(alone)()).toMatchObject({ ...crashed, recording: 'sealed-after-crash' });
      const { manifest } = await readRecording({ api: at(again, carol) }, alone);
      expect(manifest).toMatchObject({ session: alone, crashed: true });
      const { events } = await carol.api.call('listAudit', { query: { subject: shared } });
      expect(events.map(({ action }) => action)).toEqual(
        expect.arrayContaining(['session.started', 'session.ended']),
      );
    } finally {
      await anew.leave();
      await again?.stop();
      await third.stop();
      await lonely.stop();
    }
  }, 150_000);
});
