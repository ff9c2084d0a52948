import type { ServerResponse } from 'node:http';
import { CLIENT_IDS, DrawbridgeError, type LiveEvent } from '@drawbridge/contract';
import type { StoredSignIn, signIn } from '@drawbridge/gateway-client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type FakeGateway, startFakeGateway } from '../../gateway-client/test-support/fake-gateway.ts';
import { accessRequest, commandReview, me, resource } from '../../gateway-client/test-support/objects.ts';
import { systemClock } from '../clock.ts';
import { memoryFile } from '../test-support/memory-file.ts';
import { Vault } from '../vault.ts';
import { GatewayConnection } from './gateway-connection.ts';
import type { GatewayView } from './gateway-view.ts';

const memoryOnly = {
  persistent: false,
  backend: 'none',
  encrypt: (text: string) => text,
  decrypt: (text: string) => text,
};
let gateway: FakeGateway;
let vault: Vault;
let streams: ServerResponse[];
let views: GatewayView[];
const open: GatewayConnection[] = [];

beforeEach(async () => {
  gateway = await startFakeGateway();
  vault = new Vault(memoryFile(), memoryOnly);
  streams = [];
  views = [];
  gateway.handlers.me = () => me('alice');
  gateway.handlers.listResources = () => ({ resources: [resource()] });
  gateway.handlers.listRequests = () => ({ requests: [] });
  gateway.handlers.listGrants = () => ({ grants: [] });
  gateway.handlers.listCommandReviews = () => ({ reviews: [] });
  gateway.handlers.events = ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    streams.push(response);
    say({ type: 'hello', gateway: 'test', version: '1' });
    return undefined;
  };
});
afterEach(async () => {
  for (const connection of open.splice(0)) connection.stop();
  await gateway.close();
});

const say = (event: LiveEvent) => streams.at(-1)?.write(`data: ${JSON.stringify(event)}\n\n`);
const stored = async (): Promise<StoredSignIn> => {
  const { accessToken, refreshToken, expiresIn } = await gateway.tokensFor('alice');
  return {
    gateway: gateway.url,
    clientId: CLIENT_IDS.cli,
    accessToken,
    refreshToken,
    accessExpiresAt: Date.now() + expiresIn * 1000,
  };
};
function connect(browserSignIn: typeof signIn = async () => stored()): GatewayConnection {
  const connection = new GatewayConnection({
    profile: { id: 'g', name: 'test', url: gateway.url },
    vault,
    clock: systemClock,
    userAgent: 'test',
    signIn: browserSignIn,
    openBrowser: async () => undefined,
    changed: (_before, after) => views.push(after),
  });
  open.push(connection);
  return connection;
}
const until = (connection: GatewayConnection, status: GatewayView['connection']['status']) =>
  vi.waitFor(() => expect(connection.view.connection.status).toBe(status), { timeout: 5000 });

test('asks for a sign-in where none is stored, and is online after it', async () => {
  const connection = connect();
  await connection.start();
  expect(connection.view.connection.status).toBe('sign-in-needed');
  await connection.signIn();
  await until(connection, 'online');
  expect(connection.view).toMatchObject({
    me: { user: { name: 'alice' } },
    resources: [{ name: 'orders-db' }],
  });
  expect(await vault.read(gateway.url)).toBeDefined();
});

test('follows what the gateway says', async () => {
  await vault.write(await stored());
  const connection = connect();
  await connection.start();
  await until(connection, 'online');
  const request = accessRequest();
  say({ type: 'request', request });
  await vi.waitFor(() => expect(connection.view.requests).toMatchObject([{ id: request.id }]));
  gateway.handlers.listResources = () => ({ resources: [] });
  const review = commandReview();
  say({ type: 'command-review', review });
  await vi.waitFor(() => expect(connection.view.commandReviews).toMatchObject([{ id: review.id }]));
  say({ type: 'command-review', review: { ...review, state: 'denied' } });
  await vi.waitFor(() => expect(connection.view.commandReviews).toMatchObject([{ state: 'denied' }]));
  say({ type: 'configuration' });
  await vi.waitFor(() => expect(connection.view.resources).toEqual([]));
});

test('is offline while the gateway is away, keeps what it knew, and comes back', async () => {
  await vault.write(await stored());
  const connection = connect();
  await connection.start();
  await until(connection, 'online');
  const answer = gateway.handlers.events;
  gateway.handlers.events = () => {
    throw new DrawbridgeError('not_ready', 'the gateway starts');
  };
  streams.at(-1)?.destroy();
  await until(connection, 'offline');
  expect(connection.view.resources).toHaveLength(1);
  if (answer) gateway.handlers.events = answer;
  connection.retry();
  await until(connection, 'online');
});

test('asks once for a sign-in however many calls notice that it ended, and keeps the data readable', async () => {
  await vault.write(await stored());
  const connection = connect();
  await connection.start();
  await until(connection, 'online');
  gateway.handlers.listSessions = () => {
    throw new DrawbridgeError('signed_out', 'you were signed out');
  };
  const seen = views.length;
  const list = () => connection.run((api) => api.call('listSessions', { query: {} }));
  const results = await Promise.allSettled([list(), list(), list()]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(views.slice(seen).filter(({ connection: { status } }) => status === 'sign-in-needed')).toHaveLength(
    1,
  );
  expect(connection.view.resources).toHaveLength(1);
  await vi.waitFor(async () => expect(await vault.read(gateway.url)).toBeUndefined());
});

test('a tunnel waits for the sign-in, together with the others, and gets a token then', async () => {
  const connection = connect();
  await connection.start();
  const tokens = [connection.tunnelTokens.token(), connection.tunnelTokens.token()];
  await connection.signIn();
  const [one, two] = await Promise.all(tokens);
  expect(one).toBe(two);
  expect(one).toBe((await vault.read(gateway.url))?.accessToken);
});

test('those who wait fail when the app lets the gateway go', async () => {
  const connection = connect();
  await connection.start();
  const waiting = connection.tunnelTokens.token();
  const failed = expect(waiting).rejects.toThrow('closed');
  await vi.waitFor(() => expect(connection.view.connection.status).toBe('sign-in-needed'));
  await new Promise((resolve) => setImmediate(resolve));
  connection.stop();
  await failed;
});

test('a cancelled sign-in leaves no reason, a failed one says it', async () => {
  const connection = connect(
    ({ signal, openBrowser }) =>
      new Promise((_resolve, reject) => {
        void openBrowser('http://page');
        signal?.addEventListener('abort', () => reject(new Error('cancelled')));
      }),
  );
  await connection.start();
  const ended = connection.signIn();
  await vi.waitFor(() =>
    expect(connection.view.connection).toMatchObject({ status: 'signing-in', url: 'http://page' }),
  );
  connection.cancelSignIn();
  await ended;
  expect(connection.view.connection).toMatchObject({ status: 'sign-in-needed' });
  expect(connection.view.connection).not.toHaveProperty('reason');
  const failing = connect(() => Promise.reject(new Error('the page said no')));
  await failing.start();
  await failing.signIn();
  expect(failing.view.connection).toMatchObject({ status: 'sign-in-needed', reason: 'the page said no' });
});

test('signing out forgets tokens and lists, also when the gateway is away', async () => {
  await vault.write(await stored());
  const connection = connect();
  await connection.start();
  await until(connection, 'online');
  gateway.handlers.signOut = () => {
    throw new DrawbridgeError('internal', 'broken');
  };
  await expect(connection.signOut()).rejects.toThrow('broken');
  expect(await vault.read(gateway.url)).toBeUndefined();
  expect(connection.view).not.toHaveProperty('resources');
  expect(connection.view.connection.status).toBe('sign-in-needed');
});
