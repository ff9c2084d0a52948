import type {
  AccessRequest,
  Grant,
  ProfileAccess,
  Requirement,
  Resource,
  Session,
  User,
} from '@drawbridge/contract';
import type { AppState, TunnelState } from '../../main/ipc/app-state.ts';
import type { FakeBridge } from './fake-bridge.ts';
import { id, people } from './people.ts';

const minute = 60_000;
const at = (minutes: number) => new Date(Date.now() + minutes * minute).toISOString();
const needsDba: Requirement[] = [{ kind: 'approve', count: 1, groups: ['dba'], policy: 'prod-needs-dba' }];
const needsTwo: Requirement[] = [
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
  needs: [...needsDba, ticket],
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

const resources: Resource[] = [
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

interface Asked {
  readonly number: number;
  readonly who: User;
  readonly resource: string;
  readonly profile: string;
  readonly minutes: number;
  readonly reason: string;
  readonly ago: number;
}

function request(asked: Asked, rest: Partial<AccessRequest> = {}): AccessRequest {
  return {
    id: id('req', asked.number) as AccessRequest['id'],
    principal: asked.who,
    resource: asked.resource,
    protocol: 'postgres',
    labels: resources.find((candidate) => candidate.name === asked.resource)?.labels ?? {},
    profile: asked.profile,
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

function grant(number: number, name: string, profile: string, minutes: number, rest: Partial<Grant>): Grant {
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

const reviewed = (
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

const aliceRequests = [
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

const bobRequests = [
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

const session = (
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

const sessions = [
  session(41, people.dan, 'orders-db', 'admin', 4400, 22, { statements: 12, rows: 4 }),
  session(42, people.dan, 'orders-db', 'read', 21_000, 58, { statements: 88, rows: 12_480 }),
  session(43, people.dan, 'catalog-db', 'write', 42_000, 40, { statements: 31, rows: 90, refused: 1 }),
  session(44, people.alice, 'orders-db', 'read', 30, 19),
  session(45, people.alice, 'ledger-db', 'write', 2900, 30, { statements: 31, refused: 2 }),
];

const tunnel: TunnelState = {
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

interface Scene {
  readonly state: AppState;
  readonly sessions: readonly Session[];
  readonly after?: (bridge: FakeBridge) => void;
}

/** A state to look at: `scene` says which, `theme` and `platform` how. */
export function sceneFrom(query: URLSearchParams): Scene {
  const scene = query.get('scene') ?? 'alice';
  const bob = scene === 'bob';
  const user = bob ? people.bob : people.alice;
  const ending = Number(query.get('left') ?? 41.2);
  const online: AppState = {
    app: {
      platform: (query.get('platform') ?? 'linux') as AppState['app']['platform'],
      version: '0.1.0',
      vault:
        scene === 'memory'
          ? { persistent: false, backend: 'basic_text' }
          : { persistent: true, backend: 'gnome_libsecret' },
    },
    gateways: [
      { id: 'gw1', name: 'Acme', url: 'https://gate.acme.dev' },
      { id: 'gw2', name: 'Acme staging', url: 'https://gate.staging.acme.dev' },
    ],
    activeGateway: 'gw1',
    connection: { status: 'online', since: at(-90) },
    me: {
      user,
      may: { review: bob, apply: false, readAdmin: false, viewRecordings: bob },
      gateway: {
        name: 'Acme',
        version: '0.1.0',
        sshHostKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZha2UgZmFrZSBmYWtlIGZha2UgZmFrZSBmYWtlIGZh',
      },
    },
    resources,
    requests: bob ? bobRequests : aliceRequests,
    grants: bob
      ? []
      : [
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
        ],
    tunnels: bob ? [] : [tunnel],
    settings: {
      theme: (query.get('theme') ?? 'light') as AppState['settings']['theme'],
      resourceView: (query.get('view') ?? 'list') as AppState['settings']['resourceView'],
      sidebarCollapsed: false,
      notifications: true,
      terminal: { fontSize: 13, scrollback: 10_000, bell: true, screenReader: false },
      favourites: ['orders-db', 'billing-db'],
      recents: ['ledger-db', 'orders-db-staging', 'orders-db'],
      ports: { 'orders-db/read': 54_321, 'ledger-db/write': 54_322 },
    },
    tabs: { open: [], offered: [] },
  };
  const { me: _me, resources: _resources, requests: _requests, grants: _grants, ...signedOut } = online;
  const bare = { ...signedOut, tunnels: [] };
  const tabs: AppState['tabs'] = {
    open: [
      { kind: 'card', id: 'card:orders-db:read', resource: 'orders-db', profile: 'read', title: 'orders-db' },
    ],
    active: 'card:orders-db:read',
    offered: [],
  };
  const states: Readonly<Record<string, AppState>> = {
    first: { ...bare, gateways: [], connection: { status: 'none' } },
    'sign-in': { ...bare, connection: { status: 'sign-in-needed', since: at(-1) } },
    memory: { ...bare, connection: { status: 'sign-in-needed', since: at(-1), reason: 'You signed out.' } },
    'signing-in': {
      ...bare,
      connection: {
        status: 'signing-in',
        since: at(-1),
        url: 'https://gate.acme.dev/oidc/auth?client_id=drawbridge-desktop&response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%3A41233%2Fcallback&code_challenge=9fKq',
      },
    },
    gone: {
      ...bare,
      connection: { status: 'offline', since: at(-4), reason: 'connect ECONNREFUSED 10.20.0.4:443' },
    },
    connecting: { ...bare, connection: { status: 'connecting', since: at(0) } },
    offline: {
      ...online,
      connection: { status: 'offline', since: at(-4), reason: 'The connection timed out.' },
    },
    again: {
      ...online,
      connection: { status: 'sign-in-needed', since: at(-1), reason: 'Your sign-in ended after 12 h.' },
    },
    empty: { ...online, resources: [], requests: [], grants: [], tunnels: [] },
    card: { ...online, tabs },
    offer: { ...online, tabs: { open: [], offered: tabs.open } },
  };
  const after = (bridge: FakeBridge) => {
    if (scene === 'quit') {
      bridge.push('app.confirmQuit', {
        sessions: [
          { kind: 'console', resource: 'orders-db', production: true, note: 'A transaction is open' },
          { kind: 'terminal', resource: 'build-box', production: false, note: 'A shell is open' },
        ],
        tunnels: [{ port: 54_321, note: '2 connections' }],
      });
    }
    const place = query.get('place');
    if (place === 'request')
      bridge.push('place.open', { page: 'request', resource: 'ledger-db', profile: 'write' });
    else if (place !== null) bridge.push('place.open', { page: place as 'access' });
    if (scene === 'toast')
      bridge.push('toast', {
        kind: 'active',
        title: 'Approved: ledger-db, write',
        body: 'Bob shortened it to 20 min. They start when you first connect.',
      });
  };
  return { state: states[scene] ?? online, sessions, after };
}
