import type {
  AccessRequest,
  CommandReview,
  Grant,
  ProfileAccess,
  Requirement,
  Resource,
  Session,
  User,
} from '@drawbridge/contract';
import { id, people } from './people.ts';

const minute = 60_000;
/** So many minutes from now. */
export const at = (minutes: number) => new Date(Date.now() + minutes * minute).toISOString();
export const needsDba: Requirement[] = [
  { kind: 'approve', count: 1, groups: ['dba'], policy: 'prod-needs-dba' },
];
export const needsTwo: Requirement[] = [
  {
    kind: 'approve',
    count: 2,
    groups: ['dba', 'security'],
    policy: 'prod-admin-quorum',
    message: 'Changing tables in production takes two people.',
  },
];
const ticket: Requirement = { kind: 'justify', ticket: true, policy: 'prod-needs-ticket' };

const read: ProfileAccess = {
  name: 'read',
  allow: ['sql.read', 'sql.session'],
  maxDuration: 3600,
  access: 'review',
  needs: needsDba,
  policies: [],
};
const write: ProfileAccess = {
  name: 'write',
  allow: ['sql.read', 'sql.write', 'sql.session'],
  maxDuration: 7200,
  access: 'review',
  needs: [
    { ...(needsDba[0] as Extract<Requirement, { kind: 'approve' }>), breakGlass: ['security'] },
    ticket,
  ],
  policies: [],
};
const admin: ProfileAccess = {
  name: 'admin',
  allow: ['sql.read', 'sql.write', 'sql.ddl'],
  maxDuration: 1800,
  access: 'denied',
  needs: [],
  explanation: 'Only members of dba may ask for admin on production.',
  policies: ['prod-admin-dba-only'],
};
const open = (profile: ProfileAccess): ProfileAccess => ({ ...profile, access: 'open', needs: [] });

function resource(
  name: string,
  env: string,
  profiles: ProfileAccess[],
  rest: Partial<Resource> = {},
): Resource {
  return {
    name,
    protocol: 'postgres',
    labels: { env, region: 'eu-west-1', team: 'payments-eng' },
    profiles,
    maskedColumns: [],
    maskedText: [],
    ...rest,
  };
}

const masked: Resource['maskedColumns'] = [
  { column: 'public.customers.email', mask: 'email', rule: 'pii-email' as never },
  { column: 'public.customers.phone', mask: 'last4', rule: 'pii-phone' as never },
  { column: 'public.payments.card_number', mask: 'card', rule: 'cards' as never },
  { column: 'public.customers.ssn', mask: 'last4', rule: 'customer-pii' as never },
] as Resource['maskedColumns'];

export const resources: Resource[] = [
  resource('orders-db', 'prod', [read, write, admin], {
    description: 'Orders and payments of the shop',
    maskedColumns: masked,
  }),
  resource('ledger-db', 'prod', [read, write, admin], {
    description: 'The books',
    maskedColumns: masked.slice(0, 2),
  }),
  resource('orders-db-staging', 'staging', [open(read), open(write)], {
    description: 'Orders, for trying things out',
  }),
  resource('analytics-wh', 'prod', [read, admin], {
    labels: { env: 'prod', region: 'us-east-1', team: 'data' },
  }),
  resource('billing-db', 'prod', [read, write]),
  resource('catalog-db', 'staging', [open(read)]),
  resource('tax-rates', 'dev', [open(read), open(write)], { labels: { env: 'dev', team: 'finance' } }),
  resource('vault-audit', 'prod', [{ ...admin, name: 'read' }]),
];

export interface Asked {
  readonly number: number;
  readonly who: User;
  readonly resource: string;
  readonly profile: string;
  readonly minutes: number;
  readonly reason: string;
  readonly ago: number;
}

export function request(asked: Asked, rest: Partial<AccessRequest> = {}): AccessRequest {
  const known = resources.find((candidate) => candidate.name === asked.resource);
  const { protocol = 'postgres', labels = {} } = known ?? {};
  return {
    id: id('req', asked.number) as AccessRequest['id'],
    principal: asked.who,
    resource: asked.resource,
    protocol,
    labels,
    profile: asked.profile,
    targets: [{ resource: asked.resource, protocol, labels, profile: asked.profile }],
    grantIds: [],
    duration: asked.minutes * 60,
    reason: asked.reason,
    state: 'pending',
    needs: needsDba,
    reviews: [],
    reviewable: false,
    createdAt: at(-asked.ago),
    expiresAt: at(1440 - asked.ago),
    ...rest,
  };
}

export function grant(
  number: number,
  name: string,
  profile: string,
  minutes: number,
  rest: Partial<Grant>,
): Grant {
  return {
    id: id('grt', number) as Grant['id'],
    requestId: id('req', number) as Grant['requestId'],
    principal: people.alice,
    resource: name,
    profile,
    state: 'active',
    duration: minutes * 60,
    reason: 'INC-4182: three customers were charged twice at 11:40.',
    approvedBy: [people.bob],
    createdAt: at(-22),
    activateBy: at(458),
    ...rest,
  };
}

export const reviewed = (
  request: AccessRequest,
  reviewer: User,
  verdict: 'approve' | 'deny',
  rest: object = {},
): AccessRequest => ({
  ...request,
  state: verdict === 'approve' ? 'approved' : 'denied',
  decidedAt: request.createdAt,
  reviews: [
    {
      id: id('rev', 1) as never,
      requestId: request.id,
      reviewer,
      verdict,
      createdAt: request.createdAt,
      ...rest,
    },
  ],
});

export const session = (
  number: number,
  who: User,
  name: string,
  profile: string,
  ago: number,
  length: number,
  rest: Partial<Session> = {},
): Session => ({
  id: id('ses', number) as Session['id'],
  grantId: id('grt', number) as Session['grantId'],
  principal: who,
  resource: name,
  profile,
  protocol: 'postgres',
  state: 'closed',
  startedAt: at(-ago),
  endedAt: at(-ago + length),
  endCode: 'client_closed',
  statements: 14,
  refused: 0,
  rows: 312,
  bytesOut: 40_000,
  recording: 'sealed',
  may: { watch: false, terminate: false },
  ...rest,
});

/** A statement that is held, four minutes before it fails. */
export const held = (number: number, who: User, rest: Partial<CommandReview> = {}): CommandReview => ({
  ...(rest.kind === undefined && { hasWhere: true, estimatedRows: 3 }),
  id: id('cmd', number) as CommandReview['id'],
  sessionId: id('ses', number) as CommandReview['sessionId'],
  grantId: id('grt', number) as CommandReview['grantId'],
  principal: who,
  resource: 'ledger-db',
  protocol: 'postgres',
  labels: { env: 'prod', region: 'eu-west-1', team: 'payments-eng' },
  profile: 'write',
  grantReason: 'INC-4182: three customers were charged twice at 11:40.',
  kind: 'statement',
  text: `UPDATE payments
   SET status = 'refunded', refunded_at = now()
 WHERE order_id IN (881204, 881219, 881223)
   AND status = 'captured';`,
  truncated: false,
  parameters: [],
  actions: [
    { name: 'sql.read', object: 'public.payments' },
    { name: 'sql.write', object: 'public.payments' },
  ],
  needs: [{ ...needsDba[0], policy: 'prod-writes-need-dba', breakGlass: ['security'] } as Requirement],
  policies: ['prod-writes-need-dba'],
  votes: [],
  state: 'pending',
  reviewable: false,
  breakable: false,
  createdAt: at(-1.8),
  expiresAt: at(3.2),
  ...rest,
});
