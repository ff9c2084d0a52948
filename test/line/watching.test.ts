import { DrawbridgeError, type SessionId } from '@drawbridge/contract';
import {
  checkRecording,
  fetchRecording,
  fetchRecordingKeys,
  liveEvents,
  recordingParts,
} from '@drawbridge/gateway-client';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SignedIn } from '../support/signed-in.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';

const RESOURCE = 'orders-staging';
let world: TestDemo;
let alice: SignedIn;
let bob: SignedIn;
let carol: SignedIn;
let erin: SignedIn;
let client: pg.Client;
let session: SessionId;

beforeAll(async () => {
  world = await startTestDemo();
  const at = (name: string) => SignedIn.at(world.demo.url, name);
  [alice, bob, carol, erin] = [await at('alice'), await at('bob'), await at('carol'), await at('erin')];
  await alice.gets(RESOURCE);
  // Bob may view recordings, and neither watch nor end sessions.
  await policy(
    'bob-views',
    'permit (principal in Group::"dba", action == Action::"recording.view", resource);',
  );
});
beforeEach(async () => {
  client = await alice.connect(await alice.tunnel(RESOURCE));
  await client.query('select 1 as first');
  const [live] = (await alice.api.call('listSessions', { query: { state: 'live' } })).sessions;
  session = live?.id ?? expect.fail('There is no live session.');
});
afterEach(() => alice.leave());
afterAll(() => world?.stop());

const policy = (name: string, cedar: string) =>
  erin.api.call('apply', { body: { documents: [{ kind: 'Policy', name, cedar }] } });
const ended = () =>
  expect
    .poll(async () => (await alice.api.call('getSession', { params: { id: session } })).state)
    .toBe('closed');
const audited = async (action: string) =>
  (await erin.api.call('listAudit', { query: { subject: session } })).events.filter(
    (event) => event.action === action,
  );

/** Follows the session until told to stop; says what came of it. */
function watching(person: SignedIn) {
  const stop = new AbortController();
  const chunks: Uint8Array[] = [];
  const statements: string[] = [];
  let sealed = false;
  const reading = (async () => {
    const bytes = await fetchRecording(person.api, session, stop.signal, { follow: true });
    const kept = async function* () {
      for await (const chunk of bytes) {
        chunks.push(chunk);
        yield chunk;
      }
    };
    for await (const part of recordingParts(kept())) {
      if (part.kind === 'manifest') sealed = true;
      if (part.kind === 'event' && part.event.type === 'statement') statements.push(part.event.text);
    }
  })();
  reading.catch(() => undefined);
  return { reading, statements, chunks, stop: () => stop.abort(), sealed: () => sealed };
}

describe('watching a live session', () => {
  it('shows each statement while the session goes on, ends with its seal, and is in the audit log', async () => {
    const watch = watching(carol);
    await expect.poll(() => watch.statements).toEqual(['select 1 as first']);
    await client.query('select 2 as second');
    await expect.poll(() => watch.statements).toEqual(['select 1 as first', 'select 2 as second']);
    expect(watch.sealed()).toBe(false);
    await client.end();
    await watch.reading;
    expect(watch.sealed()).toBe(true);
    const whole = async function* () {
      yield* watch.chunks;
    };
    const keys = await fetchRecordingKeys(carol.api);
    expect(await checkRecording(whole(), keys, session)).toMatchObject({ ok: true });
    expect(await audited('session.watched')).toMatchObject([{ actor: { name: 'carol' } }]);
    expect(await audited('recording.viewed')).toEqual([]);
  });

  it('is for oneself always, and nobody’s business', async () => {
    const watch = watching(alice);
    await expect.poll(() => watch.statements).toEqual(['select 1 as first']);
    await client.end();
    await watch.reading;
    expect(await audited('session.watched')).toEqual([]);
  });

  it('is not for those who may only view what has ended: neither followed nor read once', async () => {
    for (const follow of [true, false])
      await expect(fetchRecording(bob.api, session, undefined, { follow })).rejects.toMatchObject({
        code: 'forbidden',
        message: expect.stringContaining('may not watch'),
      });
    const seen = await bob.api.call('getSession', { params: { id: session } });
    expect(seen.may).toEqual({ watch: false, terminate: false });
    await client.end();
    await ended();
    for await (const _ of await fetchRecording(bob.api, session)) {
      // Read to its end.
    }
    expect(await audited('recording.viewed')).toMatchObject([{ actor: { name: 'bob' } }]);
  });

  it('is cut off when policy takes the right away', async () => {
    const watch = watching(carol);
    await expect.poll(() => watch.statements).toEqual(['select 1 as first']);
    await policy('nobody-watches', 'forbid (principal, action == Action::"session.watch", resource);');
    try {
      await expect(watch.reading).rejects.toThrow();
      expect(watch.sealed()).toBe(false);
      await expect(fetchRecording(carol.api, session, undefined, { follow: true })).rejects.toThrow(
        DrawbridgeError,
      );
    } finally {
      await erin.api.call('removeDocument', { params: { kind: 'Policy', name: 'nobody-watches' } });
    }
  });

  it('is cut off when the one who watches signs out', async () => {
    const again = await SignedIn.at(world.demo.url, 'carol');
    const watch = watching(again);
    await expect.poll(() => watch.statements).toEqual(['select 1 as first']);
    await again.api.call('signOut', { body: {} });
    await expect(watch.reading).rejects.toThrow();
    expect(watch.sealed()).toBe(false);
  });
});

describe('what a session says of the rights to it', () => {
  it('is who may watch and end it while it is live, and nothing afterwards', async () => {
    const mayOf = async (person: SignedIn) =>
      (await person.api.call('listSessions', { query: {} })).sessions.find(({ id }) => id === session)?.may;
    expect(await mayOf(alice)).toEqual({ watch: true, terminate: true });
    expect(await mayOf(carol)).toEqual({ watch: true, terminate: true });
    expect(await mayOf(bob)).toEqual({ watch: false, terminate: false });
    expect(await mayOf(erin)).toBeUndefined();
    await carol.api.call('terminateSession', { params: { id: session }, body: { reason: 'enough' } });
    await ended();
    expect(await mayOf(carol)).toEqual({ watch: false, terminate: false });
  });

  it('lets those find a live session who may watch it, though they may view no recordings', async () => {
    await policy(
      'admins-watch',
      'permit (principal in Group::"platform", action == Action::"session.watch", resource);',
    );
    const stop = new AbortController();
    const found = async () =>
      (await erin.api.call('listSessions', { query: {} })).sessions.filter(({ id }) => id === session);
    expect(await found()).toMatchObject([{ may: { watch: true, terminate: false } }]);
    const told: string[] = [];
    const listening = (async () => {
      for await (const event of liveEvents({ api: erin.api, signal: stop.signal }))
        if (event.type === 'session' && event.session.id === session) told.push(event.session.state);
    })().catch(() => undefined);
    await client.end();
    await ended();
    expect(await found()).toEqual([]);
    expect(told).not.toContain('closed');
    stop.abort();
    await listening;
    await erin.api.call('removeDocument', { params: { kind: 'Policy', name: 'admins-watch' } });
  });
});
