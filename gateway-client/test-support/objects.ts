import {
  AccessRequest,
  CommandReview,
  Grant,
  type Me,
  type PrincipalRef,
  Resource,
  Session,
  type User,
  UserId,
} from '@drawbridge/contract';

let count = 0;

/** A new id of a kind, in the contract's form. */
export function newId(prefix: string): string {
  count += 1;
  return `${prefix}_01900000-0000-7000-8000-${count.toString(16).padStart(12, '0')}`;
}

const NOW = '2026-11-22T10:00:00.000Z';
const LATER = '2026-11-23T10:00:00.000Z';
const displayNames: Readonly<Record<string, string>> = { alice: 'Alice Moreau', bob: 'Bob Okafor' };

export const person = (name: string): PrincipalRef => ({
  kind: 'user',
  id: UserId.parse(
    `usr_01900000-0000-7000-8000-${Buffer.from(name).toString('hex').padStart(12, '0').slice(0, 12)}`,
  ),
  name,
  displayName: displayNames[name] ?? name,
});

export const me = (name: string, groups: string[] = []): Me => ({
  user: { ...person(name), provider: 'demo', subject: name, groups } satisfies User,
  may: { review: groups.includes('dba'), apply: false, readAdmin: false, viewRecordings: false },
  gateway: {
    name: 'test',
    version: '0.1.0',
    sshHostKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZha2UgZmFrZSBmYWtlIGZha2UgZmFrZSBmYWtlIGZh',
  },
});

export const accessRequest = (override: Partial<AccessRequest> = {}): AccessRequest =>
  AccessRequest.parse({
    id: newId('req'),
    principal: person('alice'),
    resource: 'orders-db',
    protocol: 'postgres',
    labels: { env: 'prod' },
    profile: 'read',
    targets: [
      {
        resource: override.resource ?? 'orders-db',
        protocol: override.protocol ?? 'postgres',
        labels: override.labels ?? { env: 'prod' },
        profile: override.profile ?? 'read',
      },
    ],
    duration: 1800,
    reason: 'INC-4821',
    state: 'pending',
    needs: [{ kind: 'approve', count: 1, groups: ['dba'], policy: 'prod-needs-dba' }],
    reviews: [],
    reviewable: false,
    createdAt: NOW,
    expiresAt: LATER,
    ...override,
  });

export const grant = (override: Partial<Grant> = {}): Grant =>
  Grant.parse({
    id: newId('grt'),
    requestId: newId('req'),
    principal: person('alice'),
    resource: 'orders-db',
    profile: 'read',
    state: 'approved',
    duration: 1800,
    reason: 'INC-4821',
    approvedBy: [person('bob')],
    createdAt: NOW,
    activateBy: LATER,
    ...override,
  });

export const resource = (override: Partial<Resource> = {}): Resource =>
  Resource.parse({
    name: 'orders-db',
    description: 'Production orders',
    protocol: 'postgres',
    labels: { env: 'prod' },
    database: 'orders',
    profiles: [
      {
        name: 'read',
        allow: ['sql.read'],
        maxDuration: 3600,
        access: 'review',
        needs: [{ kind: 'approve', count: 1, groups: ['dba'], policy: 'p' }],
        policies: ['p'],
      },
    ],
    maskedColumns: [{ column: 'public.customers.ssn', mask: 'last4', rule: 'customer-pii' }],
    ...override,
  });

export const session = (override: Partial<Session> = {}): Session =>
  Session.parse({
    id: newId('ses'),
    grantId: newId('grt'),
    principal: person('alice'),
    resource: 'orders-db',
    profile: 'read',
    protocol: 'postgres',
    state: 'closed',
    startedAt: NOW,
    endedAt: '2026-11-22T10:05:00.000Z',
    endCode: 'client_closed',
    statements: 3,
    refused: 1,
    rows: 12,
    bytesOut: 400,
    recording: 'sealed',
    ...override,
  });

export const commandReview = (override: Partial<CommandReview> = {}): CommandReview =>
  CommandReview.parse({
    id: newId('cmd'),
    sessionId: newId('ses'),
    grantId: newId('grt'),
    principal: person('alice'),
    resource: 'orders-db',
    protocol: 'postgres',
    labels: { env: 'prod' },
    profile: 'write',
    grantReason: 'INC-4821',
    kind: 'statement',
    text: 'delete from orders where id = 6001',
    truncated: false,
    actions: [{ name: 'sql.write', object: 'public.orders' }],
    hasWhere: true,
    needs: [{ kind: 'approve', count: 1, groups: ['dba'], policy: 'prod-writes-need-dba' }],
    policies: ['prod-writes-need-dba'],
    votes: [],
    state: 'pending',
    reviewable: false,
    breakable: false,
    createdAt: NOW,
    expiresAt: '2026-11-22T10:05:00.000Z',
    ...override,
  });
