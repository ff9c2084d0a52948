import { type AddressInfo, createServer, type Server } from 'node:net';
import { openTunnel } from '@drawbridge/gateway-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { grant, me, resource } from '../../gateway-client/test-support/objects.ts';
import type { GatewayView } from '../gateway/gateway-view.ts';
import { manualClock } from '../test-support/manual-clock.ts';
import { PortBook } from './port-book.ts';
import { type TunnelGateway, Tunnels, type TunnelsParts } from './tunnels.ts';

const clock = manualClock();
const given = grant();
let kept: Record<string, number>;
let tunnels: Tunnels;
let changes: number;
let ids: number;
let trusted: string[];
const FILES = {
  identityFile: '/keys/id_ed25519',
  knownHostsFile: '/keys/known_hosts',
  hostKeyAlias: 'drawbridge',
};
const servers: Server[] = [];

const gateway = (id: string, view: Partial<GatewayView> = {}): TunnelGateway => ({
  profile: { id, name: id, url: 'http://127.0.0.1:1' },
  view: { connection: { status: 'online', since: '' }, resources: [resource()], grants: [given], ...view },
  tunnelTokens: { token: async () => 'token' },
  noticeFailure: () => undefined,
});

beforeEach(() => {
  kept = {};
  changes = 0;
  trusted = [];
  ids = 0;
  tunnels = new Tunnels(parts());
});
const parts = (): TunnelsParts => ({
  open: openTunnel,
  keys: {
    key: async (url) => ({ ...FILES, publicKey: `ssh-ed25519 key-of-${url}` }),
    trust: async (url, hostKey) => void trusted.push(`${url} ${hostKey}`),
  },
  clock,
  newId: () => `t${++ids}`,
  changed: () => (changes += 1),
  ports: new PortBook({
    kept: () => kept,
    all: () => Object.values(kept),
    keep: (_gateway, key, port) => {
      kept[key] = port;
    },
  }),
});
afterEach(async () => {
  await tunnels.closeAll();
  for (const server of servers.splice(0)) server.close();
});

const busyPort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () =>
      resolve((server.address() as AddressInfo).port),
    );
    servers.push(server);
  });

test('opens a tunnel once, on the port that is kept', async () => {
  const [one, two] = await Promise.all([
    tunnels.open(gateway('g'), 'orders-db', 'read'),
    tunnels.open(gateway('g'), 'orders-db', 'read'),
  ]);
  expect(one.state.id).toBe(two.state.id);
  expect(kept).toEqual({ 'orders-db/read': one.state.port });
  expect(one.state).toMatchObject({ grantId: given.id, database: 'orders', connections: 0 });
  expect(JSON.stringify(tunnels.of('g'))).not.toContain(one.tunnel.secret);
  expect(changes).toBe(1);
});

test('opens none without access, or to what is not there', async () => {
  await expect(tunnels.open(gateway('g', { grants: [] }), 'orders-db', 'read')).rejects.toMatchObject({
    code: 'access_needed',
  });
  await expect(tunnels.open(gateway('g'), 'orders-db', 'write')).rejects.toMatchObject({
    code: 'access_needed',
  });
  await expect(tunnels.open(gateway('g', { resources: [] }), 'orders-db', 'read')).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('says that the kept port is taken, and what to do', async () => {
  const port = await busyPort();
  kept['orders-db/read'] = port;
  await expect(tunnels.open(gateway('g'), 'orders-db', 'read')).rejects.toMatchObject({
    code: 'port_in_use',
    hint: 'Close it, or give orders-db another port.',
  });
});

test('moves an open tunnel to another port, and stays where it is when that is taken', async () => {
  const first = await tunnels.open(gateway('g'), 'orders-db', 'read');
  const free = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
  await tunnels.setPort(gateway('g'), 'orders-db', 'read', free);
  expect(tunnels.of('g').map(({ port }) => port)).toEqual([free]);
  await expect(tunnels.setPort(gateway('g'), 'orders-db', 'read', await busyPort())).rejects.toMatchObject({
    code: 'port_in_use',
  });
  expect(tunnels.of('g').map(({ port }) => port)).toEqual([free]);
  expect(() => tunnels.get(first.state.id)).toThrow('closed');
});

test('a tunnel ends with its grant', async () => {
  const { state } = await tunnels.open(gateway('g'), 'orders-db', 'read');
  tunnels.grantEnded('grt_other');
  expect(tunnels.of('g')).toHaveLength(1);
  tunnels.grantEnded(state.grantId);
  expect(tunnels.of('g')).toHaveLength(0);
});

test('shows each gateway its own', async () => {
  await tunnels.open(gateway('g'), 'orders-db', 'read');
  await tunnels.open(
    gateway('h', { resources: [resource({ name: 'staging' })], grants: [grant({ resource: 'staging' })] }),
    'staging',
    'read',
  );
  expect(tunnels.of('g').map(({ resource: name }) => name)).toEqual(['orders-db']);
  await tunnels.closeAll('g');
  expect(tunnels.all.map(({ gateway: id }) => id)).toEqual(['h']);
});

test('tells the gateway the key of this computer for a tunnel to a host, and trusts its key alone', async () => {
  const opened: Parameters<typeof openTunnel>[0][] = [];
  const withSsh = new Tunnels({
    ...parts(),
    open: (options) => {
      opened.push(options);
      return openTunnel(options);
    },
  });
  const view = {
    me: me('alice'),
    resources: [resource({ name: 'build-box', protocol: 'ssh' })],
    grants: [grant({ resource: 'build-box', profile: 'shell' })],
  };
  const { state } = await withSsh.open(gateway('g', view), 'build-box', 'shell');
  expect(opened[0]).toMatchObject({ protocol: 'ssh', clientKey: 'ssh-ed25519 key-of-http://127.0.0.1:1' });
  expect(trusted).toEqual([`http://127.0.0.1:1 ${view.me.gateway.sshHostKey}`]);
  expect(state.ssh).toMatchObject({ identityFile: '/keys/id_ed25519' });
  expect(state.ssh?.command).toMatch(
    /^ssh -p \d+ .*IdentityFile=.*\/keys\/id_ed25519.* drawbridge@127\.0\.0\.1$/,
  );
  await withSsh.closeAll();
});
