import type { TunnelState } from '../../main/ipc/app-state.ts';
import { id, people } from './people.ts';
import { at, grant, held, request, reviewed } from './scene-objects.ts';

export const aliceRequests = [
  request({
    number: 11,
    who: people.alice,
    resource: 'ledger-db',
    profile: 'write',
    minutes: 30,
    ago: 2,
    reason: 'INC-4182: mark the second capture as refunded.',
  }),
  reviewed(
    request({
      number: 12,
      who: people.alice,
      resource: 'billing-db',
      profile: 'write',
      minutes: 60,
      ago: 12,
      reason: 'Correct one invoice.',
    }),
    people.carol,
    'deny',
    { reason: 'Use the refunds page, it needs no access to the database.' },
  ),
  request(
    {
      number: 13,
      who: people.alice,
      resource: 'catalog-db',
      profile: 'read',
      minutes: 30,
      ago: 3000,
      reason: 'Look at a price.',
    },
    { state: 'cancelled', decidedAt: at(-2990) },
  ),
];

/** `ending`: minutes that the first still has. */
export const aliceGrants = (ending: number) => [
  grant(1, 'orders-db', 'read', 60, { activatedAt: at(ending - 60), expiresAt: at(ending) }),
  grant(2, 'orders-db-staging', 'write', 30, {
    state: 'approved',
    approvedBy: [],
    reason: 'Try the migration',
  }),
  grant(3, 'analytics-wh', 'read', 60, {
    state: 'revoked',
    activatedAt: at(-300),
    expiresAt: at(-240),
    endedAt: at(-260),
    endedBy: people.carol,
    endReason: 'Please use the export instead.',
    createdAt: at(-300),
  }),
  grant(4, 'orders-db', 'read', 60, {
    state: 'expired',
    activatedAt: at(-1600),
    expiresAt: at(-1540),
    endedAt: at(-1540),
    createdAt: at(-1700),
  }),
];

export const aliceHeld = [held(51, people.alice, { breakable: true })];

export const tunnel: TunnelState = {
  id: 'tun-1',
  resource: 'orders-db',
  profile: 'read',
  grantId: id('grt', 1),
  host: '127.0.0.1',
  port: 54_321,
  user: 'alice',
  database: 'orders',
  connections: 1,
  openedAt: at(-10),
};
