import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Tunnel } from '@drawbridge/gateway-client';
import pg from 'pg';
import { serialize } from 'pg-protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { knock } from '../support/knock.ts';
import { SignedIn } from '../support/signed-in.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';

const RESOURCE = 'orders-staging';
let world: TestDemo;
let alice: SignedIn;

beforeAll(async () => {
  world = await startTestDemo();
  alice = await SignedIn.at(world.demo.url, 'alice');
  await alice.gets(RESOURCE);
});
afterEach(async () => {
  await alice.leave();
  // Whatever a test did, the gateway still serves, and everybody else as ever.
  const ready = await fetch(`${world.demo.url}/readyz`);
  expect(await ready.json()).toMatchObject({ ready: true });
});
afterAll(() => world?.stop());

const grantState = async () => (await alice.api.call('listGrants', { query: {} })).grants[0]?.state;
const sessions = async () => (await alice.api.call('listSessions', { query: {} })).sessions;

describe('the local port', () => {
  /** What a client that doesn't know the tunnel's password is told. */
  const signIn = async (tunnel: Tunnel, password: string): Promise<string | undefined> => {
    const client = new pg.Client({
      host: tunnel.host,
      port: tunnel.port,
      user: 'alice',
      password,
      database: 'x',
    });
    const error = await client.connect().then(
      () => expect.fail('It let somebody in.'),
      (reason: Error & { code?: string }) => reason,
    );
    return error.code;
  };
  /** Says something to the port and reads until it is closed. */
  const say = async (tunnel: Tunnel, bytes: Buffer | string): Promise<string> => {
    const socket = connect({ host: tunnel.host, port: tunnel.port });
    await once(socket, 'connect');
    socket.write(bytes);
    return text(socket).catch(() => '');
  };

  it('lets nobody in without this tunnel’s own secret, and bothers no gateway with them', async () => {
    const tunnel = await alice.tunnel(RESOURCE);
    const other = await alice.tunnel(RESOURCE);
    for (const wrong of ['wrong', tunnel.secret.slice(1), `${tunnel.secret}x`, other.secret, ' '])
      expect(await signIn(tunnel, wrong)).toBe('28P01');
    expect(await grantState()).toBe('approved');
    expect(await sessions()).toEqual([]);
  });

  it('says nothing to a web page, to a browser’s TLS, or to garbage', async () => {
    const tunnel = await alice.tunnel(RESOURCE);
    const post = `POST / HTTP/1.1\r\nHost: 127.0.0.1:${tunnel.port}\r\nOrigin: https://evil.example\r\ncontent-length: 9\r\n\r\nselect 1;`;
    for (const bytes of [
      'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
      post,
      Buffer.from('16030100c8010000c40303', 'hex'),
      Buffer.from('ffffffff00030000', 'hex'),
      Buffer.alloc(100_000, 0x41),
    ])
      expect(await say(tunnel, bytes)).toBe('');
    const answer = await fetch(`http://127.0.0.1:${tunnel.port}/`).catch(() => 'no answer');
    expect(answer).toBe('no answer');
    expect(await grantState()).toBe('approved');
    expect(await sessions()).toEqual([]);
  });

  it('cancels nothing for whoever does not hold the key of a query', async () => {
    const tunnel = await alice.tunnel(RESOURCE);
    const client = await alice.connect(tunnel);
    const running = client.query('select pg_sleep(0.4)');
    for (let guess = 0; guess < 5; guess += 1) {
      const key = Buffer.alloc(16);
      key.writeUInt32BE(16, 0);
      key.writeUInt32BE(80_877_102, 4);
      key.writeUInt32BE(guess, 8);
      key.writeUInt32BE(guess, 12);
      expect(await say(tunnel, key)).toBe('');
    }
    expect((await running).rowCount).toBe(1);
  });

  it('is gone with its tunnel', async () => {
    const tunnel = await alice.tunnel(RESOURCE);
    await tunnel.close();
    await expect(say(tunnel, 'x')).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('the tunnel', () => {
  const query = { resource: RESOURCE };
  const open = async (): Promise<WebSocket> => {
    const answer = await knock(world.demo.url, { token: await alice.tokens.token(), query });
    return 'link' in answer ? answer.link : expect.fail(`It was refused: ${answer.error?.message}`);
  };
  const closed = async (link: WebSocket): Promise<number> => {
    const [code] = (await once(link, 'close')) as [number, Buffer];
    return code;
  };

  it('is not opened by a web page, with a valid token either', async () => {
    const token = await alice.tokens.token();
    for (const origin of ['https://evil.example', 'null', world.demo.url, 'http://127.0.0.1:5173']) {
      expect(await knock(world.demo.url, { token, query, headers: { origin } })).toMatchObject({
        status: 403,
        error: { code: 'forbidden' },
      });
    }
  });

  it('is refused in words where it is asked for in another way', async () => {
    const token = await alice.tokens.token();
    const asked = (options: Parameters<typeof knock>[1]) =>
      knock(world.demo.url, { token, query, ...options });
    expect(await asked({ subprotocols: [] })).toMatchObject({ status: 400 });
    expect(await asked({ subprotocols: ['drawbridge.tunnel.v2'] })).toMatchObject({ status: 400 });
    expect(await asked({ query: {} })).toMatchObject({ status: 400, error: { code: 'invalid_request' } });
    for (const resource of [
      '',
      '../orders-db',
      'orders-staging\0',
      'Orders-Staging',
      'a'.repeat(64),
      '%2e%2e',
    ])
      expect(await asked({ query: { resource } })).toMatchObject({ status: 400 });
    expect(await asked({ query: { ...query, user: 'bob' } })).toMatchObject({ status: 400 });
    expect(await asked({ query: { ...query, profile: '__proto__' } })).toMatchObject({ status: 400 });
    expect(await asked({ query: { ...query, profile: 'constructor' } })).toMatchObject({ status: 403 });
  });

  it.each([
    '/v1/tunnel/',
    '/v1//tunnel',
    '/V1/TUNNEL',
    '/v1/tunnel%2f',
    '/v1/%74unnel',
    '/x/../v1/me',
    '/v1/events',
    '/',
  ])('is not at %s', async (path) => {
    const { pathname } = new URL(path, 'http://gateway');
    const answer = await upgrade(path, await alice.tokens.token());
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(pathname).not.toBe('/v1/tunnel');
  });

  it('takes bytes only: a text frame ends it', async () => {
    const link = await open();
    link.send(serialize.startup({ user: 'alice' }));
    await once(link, 'message');
    link.send('select 1');
    await closed(link);
    await expect.poll(async () => (await sessions())[0]?.state).toBe('closed');
  });

  it('takes no message of an absurd size', async () => {
    const link = await open();
    link.send(Buffer.alloc(5 * 1024 * 1024));
    expect(await closed(link)).toBeGreaterThan(1000);
  });

  it('answers a broken startup with FATAL and begins no session', async () => {
    const before = await sessions();
    for (const bytes of [
      Buffer.from('ffffffff00030000', 'hex'),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(64),
    ]) {
      const link = await open();
      const messages: Buffer[] = [];
      link.on('message', (data: Buffer) => messages.push(data));
      link.send(bytes);
      expect(await closed(link)).toBe(4403);
      expect(Buffer.concat(messages).toString('latin1')).toMatch(
        /^E....SFATAL\0VFATAL\0C08P01\0Mdrawbridge: /s,
      );
    }
    expect(await sessions()).toEqual(before);
  });

  it('ends a session whose client speaks garbage in the middle, and no other', async () => {
    const tunnel = await alice.tunnel(RESOURCE);
    const client = await alice.connect(tunnel);
    const link = await open();
    link.send(serialize.startup({ user: 'alice' }));
    await once(link, 'message');
    link.send(Buffer.from('Zgarbage and more of it'));
    expect(await closed(link)).toBe(4403);
    await expect
      .poll(async () => (await sessions())[0])
      .toMatchObject({ state: 'closed', endCode: 'protocol_error', recording: 'sealed' });
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

/** The first line of the answer to a WebSocket upgrade at a path that is sent as it stands. */
async function upgrade(path: string, token: string): Promise<string> {
  const { hostname, port } = new URL(world.demo.url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  const lines = [
    `GET ${path}?resource=${RESOURCE} HTTP/1.1`,
    'Host: gateway',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: drawbridge.tunnel.v1',
    `Authorization: Bearer ${token}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [first] = (await text(socket)).split('\r\n');
  return first ?? '';
}
