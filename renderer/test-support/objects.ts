import type { AccessRequest, CommandReview, Grant, ProfileAccess, Resource } from '@drawbridge/contract';
import { id, people } from '../dev/people.ts';

/** The moment that the objects here are made around. */
export const now = Date.parse('2026-03-12T14:00:00.000Z');
export const at = (minutes: number) => new Date(now + minutes * 60_000).toISOString();

export const readProfile: ProfileAccess = {
  name: 'read',
  allow: ['sql.read', 'sql.session'],
  maxDuration: 3600,
  access: 'review',
  needs: [{ kind: 'approve', count: 1, groups: ['dba'], policy: 'prod-needs-dba' }],
  policies: [],
};

export const resource = (name: string, rest: Partial<Resource> = {}): Resource => ({
  name,
  protocol: 'postgres',
  labels: { env: 'prod', region: 'eu-west-1' },
  profiles: [readProfile],
  maskedColumns: [],
  maskedText: [],
  ...rest,
});

export const grant = (number: number, rest: Partial<Grant> = {}): Grant => ({
  id: id('grt', number) as Grant['id'],
  requestId: id('req', number) as Grant['requestId'],
  principal: people.alice,
  resource: 'orders-db',
  profile: 'read',
  state: 'approved',
  duration: 3600,
  reason: 'INC-4182',
  approvedBy: [people.bob],
  createdAt: at(-10),
  activateBy: at(470),
  ...rest,
});

export const request = (number: number, rest: Partial<AccessRequest> = {}): AccessRequest => ({
  id: id('req', number) as AccessRequest['id'],
  principal: people.alice,
  resource: 'orders-db',
  protocol: 'postgres',
  labels: { env: 'prod' },
  profile: 'read',
  targets: [
    {
      resource: rest.resource ?? 'orders-db',
      protocol: rest.protocol ?? 'postgres',
      labels: rest.labels ?? { env: 'prod' },
      profile: rest.profile ?? 'read',
    },
  ],
  grantIds: [],
  duration: 3600,
  reason: 'INC-4182',
  state: 'pending',
  needs: readProfile.needs,
  reviews: [],
  reviewable: false,
  createdAt: at(-2),
  expiresAt: at(1438),
  ...rest,
});

export const review = (
  number: number,
  reviewer: AccessRequest['principal'],
  verdict: 'approve' | 'deny',
  rest: Partial<AccessRequest['reviews'][number]> = {},
): AccessRequest['reviews'][number] => ({
  id: id('rev', number) as AccessRequest['reviews'][number]['id'],
  requestId: id('req', number) as AccessRequest['id'],
  reviewer,
  verdict,
  createdAt: at(-1),
  ...rest,
});

export const commandReview = (number: number, rest: Partial<CommandReview> = {}): CommandReview => ({
  id: id('cmd', number) as CommandReview['id'],
  sessionId: id('ses', number) as CommandReview['sessionId'],
  grantId: id('grt', number) as CommandReview['grantId'],
  principal: people.alice,
  resource: 'orders-db',
  protocol: 'postgres',
  labels: { env: 'prod' },
  profile: 'write',
  grantReason: 'INC-4182',
  kind: 'statement',
  text: 'delete from orders where id = 6001',
  truncated: false,
  parameters: [],
  actions: [{ name: 'sql.write', object: 'public.orders' }],
  hasWhere: true,
  needs: readProfile.needs,
  policies: ['prod-writes-need-dba'],
  votes: [],
  state: 'pending',
  reviewable: false,
  breakable: false,
  createdAt: at(-1),
  expiresAt: at(4),
  ...rest,
});
