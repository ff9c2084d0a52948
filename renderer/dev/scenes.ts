import type { Session } from '@drawbridge/contract';
import type { AppState } from '../../main/ipc/app-state.ts';
import type { FakeBridge } from './fake-bridge.ts';
import { people } from './people.ts';
import { aliceGrants, aliceHeld, aliceRequests, tunnel } from './scene-alice.ts';
import { bobHeld, bobRequests, sessions } from './scene-bob.ts';
import { at, resources } from './scene-objects.ts';

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
    grants: bob ? [] : aliceGrants(ending),
    commandReviews: bob ? bobHeld : aliceHeld,
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
  const {
    me: _me,
    resources: _resources,
    requests: _requests,
    grants: _grants,
    commandReviews: _held,
    ...signedOut
  } = online;
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
    empty: { ...online, resources: [], requests: [], grants: [], commandReviews: [], tunnels: [] },
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
    else if (place === 'extend')
      bridge.push('place.open', { page: 'extend', grant: online.grants?.[0]?.id ?? '' });
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
