import { PassThrough } from 'node:stream';
import type { Grant, User } from '@drawbridge/contract';
import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { newId } from '../new-id.ts';
import type { Session, SessionEnd } from './session.ts';
import { SessionHost, type SessionHostParts } from './session-host.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };
const person = (name: string): User => ({
  kind: 'user',
  id: newId('usr'),
  provider: 'test',
  subject: name,
  name,
  displayName: name,
  groups: [],
});

/** A host whose sessions last until they are told to end; nothing of them reaches a target or the store. */
function hostOfPatience() {
  const ends: (() => void)[] = [];
  const host = new SessionHost({
    gatewayId: newId('gw'),
    clock: new ManualClock(),
    logger: silent,
    registry: { connected: true, endAll() {} },
    protocols: [
      {
        protocol: 'postgres',
        accept: () =>
          new Promise<SessionEnd>((resolve) =>
            ends.push(() => resolve({ code: 'client_closed', message: '' })),
          ),
      },
    ],
    resources: {
      find: async (name: string) => ({
        name,
        protocol: 'postgres',
        labels: {},
        target: { database: 'orders' },
        profiles: { read: { allow: ['sql.read'], credential: {} } },
      }),
      rulesFor: async () => [],
    },
    grants: {
      findUsable: async () => ({ id: newId('grt'), resource: 'orders-db', profile: 'read' }) as Grant,
      stillAllowed: async () => 'allowed',
    },
  } as unknown as SessionHostParts);
  const open = (user: User) =>
    host.open({ user, signInId: newId('sgn'), resource: 'orders-db', profile: 'read', address: undefined });
  return { open, ends };
}

it('gives one person so many connections and no more, and others theirs', async () => {
  const { open, ends } = hostOfPatience();
  const [alice, bob] = [person('alice'), person('bob')];
  const running = [];
  for (let count = 0; count < 200; count += 1) running.push((await open(alice))(new PassThrough()));
  await expect(open(alice)).rejects.toMatchObject({ code: 'rate_limited' });
  running.push((await open(bob))(new PassThrough()));
  ends[0]?.();
  await running[0];
  running.push((await open(alice))(new PassThrough()));
  for (const end of ends) end();
  await Promise.all(running);
});

/** A host whose sessions begin and end at once; what happens outside of it is written down in order. */
function hostOfOneSession() {
  const happened: string[] = [];
  const store = { isAway: false };
  const does = (what: string) => async () => {
    if (store.isAway) throw new Error('connection refused');
    happened.push(what);
  };
  const resource = {
    name: 'orders-db',
    protocol: 'postgres',
    labels: {},
    profiles: { read: { allow: ['sql.read'], credential: {} } },
  };
  const grant = { id: newId('grt'), resource: 'orders-db', profile: 'read' } as Grant;
  const host = new SessionHost({
    gatewayId: newId('gw'),
    clock: new ManualClock(),
    logger: silent,
    registry: { connected: true, add: async () => undefined, remove: () => undefined },
    protocols: [
      {
        protocol: 'postgres',
        accept: async (_stream: PassThrough, session: Session): Promise<SessionEnd> => {
          await session.credential();
          happened.length = 0;
          accepted();
          return { code: 'client_closed', message: 'the client is done' };
        },
      },
    ],
    resources: { find: async () => resource, rulesFor: async () => [], credential: async () => ({}) },
    grants: {
      findUsable: async () => grant,
      stillAllowed: async () => 'allowed',
      activate: async () => grant,
    },
    recordings: { open: () => ({ seal: does('sealed') }) },
    store: { insert: async () => undefined, close: does('closed') },
    usesEnded: async () => void happened.push('uses written'),
    announce: does('announced'),
    audit: does('audited'),
    observe: { sessionStarted: () => undefined, sessionEnded: () => undefined },
  } as unknown as SessionHostParts);
  let accepted: () => void = () => undefined;
  const run = async (whenAccepted: () => void = () => undefined) => {
    accepted = whenAccepted;
    const serve = await host.open({
      ...{ user: person('alice'), signInId: newId('sgn'), resource: 'orders-db', profile: 'read' },
      address: undefined,
    });
    await serve(new PassThrough());
  };
  return { host, happened, store, run };
}

it('tells of an end once the recording is sealed and what was done is written', async () => {
  const { happened, run } = hostOfOneSession();
  await run();
  expect(happened).toEqual(['sealed', 'uses written', 'closed', 'announced', 'audited']);
});

it('tells the store of ends that came while it was away, when it is back', async () => {
  const { happened, host, run, store } = hostOfOneSession();
  await run(() => {
    store.isAway = true;
  });
  expect(happened).toEqual(['uses written']);
  await host.storeEnds();
  expect(happened).toEqual(['uses written']);
  store.isAway = false;
  await host.storeEnds();
  await host.storeEnds();
  expect(happened).toEqual(['uses written', 'closed', 'announced', 'audited']);
});
