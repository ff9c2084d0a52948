import { PassThrough } from 'node:stream';
import type { Grant, User } from '@drawbridge/contract';
import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { newId } from '../new-id.ts';
import type { SessionEnd } from './session.ts';
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
