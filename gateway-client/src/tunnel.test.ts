import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { DrawbridgeError, TUNNEL_CLOSE_ENDED } from '@drawbridge/contract';
import pg from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fatal, oneRow, serveBackend } from '../test-support/fake-backend.ts';
import { type FakeGateway, startFakeGateway } from '../test-support/fake-gateway.ts';
import { signInTo, type TemporaryHome, temporaryHome } from '../test-support/temporary-home.ts';
import { AccessTokens } from './access-tokens.ts';
import { connectionSettings } from './connection-settings.ts';
import { type ConnectionEvent, openTunnel, type Tunnel, type TunnelOptions } from './tunnel.ts';

const run = promisify(execFile);
let gateway: FakeGateway;
let home: TemporaryHome;
let tunnel: Tunnel | undefined;
let events: ConnectionEvent[];

beforeEach(async () => {
  gateway = await startFakeGateway();
  home = await temporaryHome();
  events = [];
  await signInTo(home, gateway, 'alice');
});

afterEach(async () => {
  await tunnel?.close();
  tunnel = undefined;
  await gateway.close();
  await home.remove();
});

async function open(options: Partial<TunnelOptions> = {}): Promise<Tunnel> {
  tunnel = await openTunnel({
    gateway: gateway.url,
    tokens: new AccessTokens({ gateway: gateway.url, store: home.store }),
    resource: 'orders-db',
    profile: 'read',
    protocol: 'postgres',
    user: 'alice',
    database: 'orders',
    onConnection: (event) => events.push(event),
    ...options,
  });
  return tunnel;
}

const answerAll = () => {
  gateway.onTunnel = (socket) =>
    void serveBackend(socket, (query, send) => send(oneRow(`you asked ${query}`)));
};

test('psql works unchanged with the settings', async () => {
  answerAll();
  const { env } = connectionSettings(await open());
  const { stdout } = await run('psql', ['-X', '-A', '-t', '-c', 'select 1'], {
    env: { ...process.env, ...env },
  });
  expect(stdout).toBe('you asked select 1\n');
  expect(gateway.tunnels.map(String)).toEqual([`${gateway.url}/v1/tunnel?resource=orders-db&profile=read`]);
});

test('connections that are made at the same moment are nothing to be warned of', async () => {
  answerAll();
  const tokens = new AccessTokens({ gateway: gateway.url, store: home.store });
  let waiting = 0;
  let letGo = () => {};
  const all = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const token = async () => {
    waiting += 1;
    if (waiting === 20) letGo();
    await all;
    return tokens.token();
  };
  const { host, port, user, secret } = await open({ tokens: { token } });
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  const pool = new pg.Pool({ host, port, user, password: secret, max: 20 });
  try {
    await Promise.all(Array.from({ length: 20 }, (_, n) => pool.query(`select ${n}`)));
  } finally {
    await pool.end();
    process.off('warning', onWarning);
  }
  expect(warnings).toEqual([]);
});

test('psql works with the URL, and when it insists on trying encryption first', async () => {
  answerAll();
  const { url } = connectionSettings(await open());
  const { stdout } = await run('psql', [
    '-X',
    '-A',
    '-t',
    '-c',
    'select 2',
    url.replace('sslmode=disable', 'sslmode=prefer&gssencmode=prefer'),
  ]);
  expect(stdout).toBe('you asked select 2\n');
});

test('node-postgres works, and each connection is its own WebSocket', async () => {
  answerAll();
  const { url } = connectionSettings(await open());
  const clients = [new pg.Client(url), new pg.Client(url)];
  await Promise.all(clients.map((client) => client.connect()));
  const rows = await Promise.all(clients.map((client, i) => client.query(`select ${i}`)));
  expect(rows.map(({ rows }) => rows[0])).toEqual([
    { answer: 'you asked select 0' },
    { answer: 'you asked select 1' },
  ]);
  await Promise.all(clients.map((client) => client.end()));
  expect(gateway.tunnels).toHaveLength(2);
  await vi.waitFor(() =>
    expect(events.map(({ type }) => type)).toEqual(['opened', 'opened', 'ended', 'ended']),
  );
});

test('a wrong password gets nothing and opens nothing', async () => {
  const { port } = await open();
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'alice',
    password: 'guess',
    database: 'orders',
  });
  await expect(client.connect()).rejects.toMatchObject({ code: '28P01', severity: 'FATAL' });
  expect(gateway.tunnels).toEqual([]);
});

test('a web page probing the port gets nothing', async () => {
  const { port } = await open();
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  expect(gateway.tunnels).toEqual([]);
});

test('what the gateway refuses comes as the protocol’s own error, with a hint', async () => {
  const { url } = connectionSettings(await open());
  const refused = async (error: DrawbridgeError) => {
    gateway.refuseTunnel = () => error;
    return new pg.Client(url).connect().then(
      () => 'connected',
      (failure: pg.DatabaseError) => [failure.code, failure.message, failure.hint],
    );
  };
  expect(
    await refused(
      new DrawbridgeError('access_needed', 'you have no grant for orders-db', {
        hint: 'drawbridge request orders-db',
      }),
    ),
  ).toEqual(['28000', 'drawbridge: you have no grant for orders-db', 'drawbridge request orders-db']);
  expect(await refused(new DrawbridgeError('shutting_down', 'the gateway is shutting down'))).toEqual([
    '57P03',
    'drawbridge: the gateway is shutting down',
    undefined,
  ]);
  expect(events.map(({ type }) => type)).toEqual(['refused', 'refused']);
  await gateway.close();
  expect(await new pg.Client(url).connect().catch((failure: pg.DatabaseError) => failure.code)).toBe('08006');
  gateway = await startFakeGateway();
});

test('a token that expired on the way is renewed once', async () => {
  answerAll();
  const { env } = connectionSettings(await open());
  gateway.expired.add((await home.store.read(gateway.url))?.accessToken ?? '');
  const { stdout } = await run('psql', ['-X', '-A', '-t', '-c', 'select 1'], {
    env: { ...process.env, ...env },
  });
  expect(stdout).toBe('you asked select 1\n');
  expect(gateway.tokenRequests).toEqual(['refresh_token']);
});

test('signed out, the client is told to sign in', async () => {
  await home.store.remove(gateway.url);
  const { url } = connectionSettings(await open());
  await expect(new pg.Client(url).connect()).rejects.toMatchObject({
    code: '28000',
    hint: `drawbridge login --gateway ${gateway.url}`,
  });
});

test('a cancel request passes untouched on its own WebSocket, and only while there is something to cancel', async () => {
  const received: Buffer[] = [];
  gateway.onTunnel = (socket) => {
    socket.once('message', (data: Buffer) => {
      if (data.readUInt32BE(4) === 80_877_102) {
        received.push(data);
        socket.close();
      } else {
        const backend = serveBackend(socket, (query, send) => send(oneRow(query)));
        socket.emit('message', data, true);
        void backend;
      }
    });
  };
  const { url, port } = { ...connectionSettings(await open()), port: tunnel?.port ?? 0 };
  const cancel = Buffer.from('0000001004d2162e000000070000002a', 'hex');
  const knock = async () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.end(cancel);
    socket.resume();
    await once(socket, 'close');
  };
  await knock();
  expect(gateway.tunnels).toEqual([]);
  const client = new pg.Client(url);
  await client.connect();
  await knock();
  expect(received).toEqual([cancel]);
  expect((await client.query('still here')).rows).toEqual([{ answer: 'still here' }]);
  await client.end();
});

test('an end by the gateway delivers its last words and says why', async () => {
  gateway.onTunnel = (socket) =>
    void serveBackend(socket, () => {
      socket.send(fatal('57P01', 'drawbridge: access to orders-db ended: grant revoked'));
      socket.close(TUNNEL_CLOSE_ENDED, JSON.stringify({ code: 'grant_revoked' }));
    });
  const { url } = connectionSettings(await open());
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  await expect(client.query('select 1')).rejects.toMatchObject({
    code: '57P01',
    message: 'drawbridge: access to orders-db ended: grant revoked',
  });
  await vi.waitFor(() => expect(events.at(-1)).toEqual({ type: 'ended', live: 0, code: 'grant_revoked' }));
});

test('many megabytes pass both ways unharmed', { timeout: 30_000 }, async () => {
  const size = 24 * 1024 * 1024;
  const hash = createHash('sha256');
  let got = 0;
  gateway.onTunnel = (socket) => {
    let first = true;
    socket.on('message', (data: Buffer) => {
      if (first) {
        first = false;
        return;
      }
      got += data.length;
      socket.send(data);
    });
  };
  const socket = await admitted(await open());
  const echoed = createHash('sha256');
  let back = 0;
  socket.on('data', (chunk: Buffer) => {
    echoed.update(chunk);
    back += chunk.length;
  });
  for (let sent = 0, i = 0; sent < size; i += 1) {
    const chunk = Buffer.alloc(Math.min(100_000, size - sent), i);
    hash.update(chunk);
    sent += chunk.length;
    if (!socket.write(chunk)) await once(socket, 'drain');
  }
  await vi.waitFor(() => expect(back).toBe(size), { timeout: 20_000 });
  expect(got).toBe(size);
  expect(echoed.digest('hex')).toBe(hash.digest('hex'));
  socket.destroy();
});

test('a client that does not read holds the gateway back, not our memory', async () => {
  let pending = 0;
  const stalled = new Promise<void>((resolve) => {
    gateway.onTunnel = (socket) => {
      const chunk = Buffer.alloc(1024 * 1024);
      socket.once('message', () => {
        for (let i = 0; i < 64; i += 1) socket.send(chunk);
        let last = -1;
        const watch = setInterval(() => {
          pending = socket.bufferedAmount;
          if (pending === last) {
            clearInterval(watch);
            resolve();
          }
          last = pending;
        }, 100);
      });
    };
  });
  const socket = await admitted(await open(), { deaf: true });
  await stalled;
  // Sockets between hold a few megabytes; the rest waits at the sender.
  expect(pending).toBeGreaterThan(32 * 1024 * 1024);
  socket.destroy();
});

test('a port that is taken is named', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await expect(open({ port })).rejects.toMatchObject({
    code: 'port_in_use',
    message: `port ${port} on 127.0.0.1 is in use`,
  });
  await new Promise((resolve) => taken.close(resolve));
});

test('closing ends the connections, waiting ones too, and frees the port', async () => {
  answerAll();
  const { port, close, closed } = await open();
  const waiting = connect(port, '127.0.0.1');
  waiting.on('error', () => undefined);
  const live = await admitted(tunnel as Tunnel);
  live.on('error', () => undefined);
  const ends = [once(waiting, 'close'), once(live, 'close')];
  await close();
  await closed;
  await Promise.all(ends);
  await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

/** A raw connection that has passed the gate. */
async function admitted({ port, secret }: Tunnel, { deaf = false } = {}): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  const startup = Buffer.concat([Buffer.from('0000001300030000', 'hex'), Buffer.from('user\0alice\0')]);
  startup.writeUInt32BE(startup.length, 0);
  socket.write(startup);
  await once(socket, 'data');
  // Before anything can come: what flows without a listener is lost.
  if (deaf) socket.pause();
  const password = Buffer.from(`p\0\0\0\0${secret}\0`);
  password.writeUInt32BE(password.length - 1, 1);
  const opened = events.length;
  socket.write(password);
  await vi.waitFor(() => expect(events.length).toBeGreaterThan(opened));
  return socket;
}
