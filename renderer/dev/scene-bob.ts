import { id, people } from './people.ts';
import { at, held, needsTwo, request, reviewed, session } from './scene-objects.ts';

export const bobRequests = [
  {
    ...request(
      {
        number: 21,
        who: people.dan,
        resource: 'orders-db',
        profile: 'admin',
        minutes: 120,
        ago: 3,
        reason:
          'The index on payments has been invalid since the 13:20 rollout. I need to drop it, build it again and look at two plans.',
      },
      { needs: needsTwo, reviewable: true },
    ),
    reviews: [
      {
        id: id('rev', 3) as never,
        requestId: id('req', 21) as never,
        reviewer: people.carol,
        verdict: 'approve' as const,
        createdAt: at(-1),
      },
    ],
  },
  request(
    {
      number: 22,
      who: people.erin,
      resource: 'tax-rates',
      profile: 'read',
      minutes: 60,
      ago: 26,
      reason: 'Monthly VAT check',
    },
    { reviewable: true },
  ),
  request(
    {
      number: 11,
      who: people.alice,
      resource: 'ledger-db',
      profile: 'write',
      minutes: 30,
      ago: 2,
      reason: 'INC-4182: mark the second capture as refunded.',
    },
    { reviewable: true },
  ),
  reviewed(
    request({
      number: 31,
      who: people.alice,
      resource: 'orders-db',
      profile: 'read',
      minutes: 60,
      ago: 40,
      reason: 'INC-4182',
    }),
    people.bob,
    'approve',
  ),
  reviewed(
    request({
      number: 32,
      who: people.dan,
      resource: 'analytics-wh',
      profile: 'read',
      minutes: 240,
      ago: 190,
      reason: 'Slow dashboard',
    }),
    people.carol,
    'approve',
    { duration: 3600 },
  ),
  reviewed(
    request({
      number: 33,
      who: people.erin,
      resource: 'billing-db',
      profile: 'write',
      minutes: 60,
      ago: 260,
      reason: 'Correct one invoice',
    }),
    people.bob,
    'deny',
    { reason: 'Use the refunds page.' },
  ),
];

export const bobHeld = [
  held(51, people.alice, { reviewable: true }),
  held(52, people.dan, {
    reviewable: true,
    kind: 'command',
    protocol: 'ssh',
    resource: 'build-box',
    profile: 'shell',
    labels: { env: 'prod', team: 'platform' },
    grantReason: 'PLAT-977: the disk is full',
    text: 'sudo systemctl restart "build-agent@$(hostname)" && rm -rf /srv/cache/*',
    actions: [{ name: 'ssh.exec', object: 'sudo' }],
    policies: ['prod-root-needs-dba'],
    needs: [
      {
        kind: 'approve',
        count: 1,
        groups: ['dba'],
        escalate: { after: 120, groups: ['security'] },
        policy: 'prod-root-needs-dba',
      },
    ],
    escalatedAt: at(-1),
    createdAt: at(-1.2),
    expiresAt: at(3.8),
  }),
  held(53, people.erin, {
    state: 'denied',
    text: 'DELETE FROM payments;',
    hasWhere: false,
    estimatedRows: 1_204_332,
    decidedAt: at(-20),
    createdAt: at(-22),
    votes: [
      { reviewer: people.bob, verdict: 'deny', reason: 'All of them? Name the rows.', createdAt: at(-20) },
    ],
  }),
  held(54, people.alice, {
    state: 'approved',
    text: "UPDATE orders SET status = 'paid' WHERE id = 881204",
    resource: 'orders-db',
    decidedAt: at(-50),
    createdAt: at(-51),
    brokenGlass: { reason: 'Checkout is down, nobody answers', at: at(-50), told: ['security', 'dba'] },
  }),
];

export const sessions = [
  session(41, people.dan, 'orders-db', 'admin', 4400, 22, { statements: 12, rows: 4 }),
  session(42, people.dan, 'orders-db', 'read', 21_000, 58, { statements: 88, rows: 12_480 }),
  session(43, people.dan, 'catalog-db', 'write', 42_000, 40, { statements: 31, rows: 90, refused: 1 }),
  session(44, people.alice, 'orders-db', 'read', 30, 19),
  session(45, people.alice, 'ledger-db', 'write', 2900, 30, { statements: 31, refused: 2 }),
];
