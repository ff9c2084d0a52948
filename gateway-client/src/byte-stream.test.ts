import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { DrawbridgeError, TUNNEL_CLOSE_ENDED } from '@drawbridge/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { type FakeGateway, startFakeGateway } from '../test-support/fake-gateway.ts';
import { signInTo, type TemporaryHome, temporaryHome } from '../test-support/temporary-home.ts';
import { AccessTokens } from './access-tokens.ts';
import { type ByteStream, type ByteStreamOptions, openByteStream } from './byte-stream.ts';

let gateway: FakeGateway;
let home: TemporaryHome;
const streams: ByteStream[] = [];

beforeEach(async () => {
  gateway = await startFakeGateway();
  home = await temporaryHome();
  await signInTo(home, gateway, 'alice');
});

afterEach(async () => {
  for (const stream of streams.splice(0)) stream.destroy();
  await gateway.close();
  await home.remove();
});

async function open(options: Partial<ByteStreamOptions> = {}): Promise<ByteStream> {
  const stream = await openByteStream({
    gateway: gateway.url,
    tokens: new AccessTokens({ gateway: gateway.url, store: home.store }),
    resource: 'build-box',
    ...options,
  });
  stream.on('error', () => undefined);
  streams.push(stream);
  return stream;
}

test('carries many megabytes both ways unharmed, and hangs up once all is sent', async () => {
  const size = 24 * 1024 * 1024;
  const received = createHash('sha256');
  const closed = new Promise<void>((resolve) => {
    gateway.onTunnel = (socket) => {
      socket.on('message', (data: Buffer) => {
        received.update(data);
        socket.send(data);
      });
      socket.once('close', () => resolve());
    };
  });
  const stream = await open({ clientKey: 'ssh-ed25519 AAAA', profile: 'admin' });
  const sent = createHash('sha256');
  const back = createHash('sha256');
  let got = 0;
  stream.on('data', (chunk: Buffer) => {
    back.update(chunk);
    got += chunk.length;
    if (got === size) stream.end();
  });
  for (let at = 0, i = 0; at < size; i += 1) {
    const chunk = Buffer.alloc(Math.min(100_000, size - at), i);
    sent.update(chunk);
    at += chunk.length;
    if (!stream.write(chunk)) await once(stream, 'drain');
  }
  await closed;
  expect(await stream.ended).toBeUndefined();
  expect(stream.lost).toBe(false);
  const digest = sent.digest('hex');
  expect([received.digest('hex'), back.digest('hex')]).toEqual([digest, digest]);
  expect(Object.fromEntries(gateway.tunnels[0]?.searchParams ?? [])).toEqual({
    resource: 'build-box',
    profile: 'admin',
    clientKey: 'ssh-ed25519 AAAA',
  });
});

test('what is said before anybody listens is heard', async () => {
  gateway.onTunnel = (socket) => {
    socket.send(Buffer.from('SSH-2.0-drawbridge\r\n'));
    socket.close(1000);
  };
  const stream = await open();
  expect((await buffer(stream)).toString()).toBe('SSH-2.0-drawbridge\r\n');
});

test('an end by the gateway delivers its last words and says why', async () => {
  gateway.onTunnel = (socket) => {
    socket.send(Buffer.from('bye'));
    socket.close(TUNNEL_CLOSE_ENDED, JSON.stringify({ code: 'grant_revoked' }));
  };
  const stream = await open();
  expect((await buffer(stream)).toString()).toBe('bye');
  expect(await stream.ended).toBe('grant_revoked');
  expect(stream.lost).toBe(false);
});

test('who still talks when it is over hears the last words all the same', async () => {
  gateway.onTunnel = (socket) => {
    socket.send(Buffer.from('bye'));
    socket.close(TUNNEL_CLOSE_ENDED, JSON.stringify({ code: 'grant_expired' }));
  };
  const stream = await open();
  await once(stream, 'readable');
  expect(await stream.ended).toBe('grant_expired');
  await new Promise<void>((resolve) => stream.write('more', () => resolve()));
  expect((await buffer(stream)).toString()).toBe('bye');
});

test('a connection that breaks off is told from one that ended', async () => {
  let there: WebSocket | undefined;
  gateway.onTunnel = (socket) => {
    there = socket;
    socket.send(Buffer.from('half'));
  };
  const stream = await open();
  const all = buffer(stream);
  await once(stream, 'readable');
  there?.terminate();
  expect((await all).toString()).toBe('half');
  expect(await stream.ended).toBeUndefined();
  expect(stream.lost).toBe(true);
});

test('a token that expired on the way is renewed once', async () => {
  gateway.onTunnel = (socket) => socket.close(1000);
  gateway.expired.add((await home.store.read(gateway.url))?.accessToken ?? '');
  const stream = await open();
  stream.resume();
  await stream.ended;
  expect(gateway.tokenRequests).toEqual(['refresh_token']);
});

test('a refusal is the gateway’s own error', async () => {
  gateway.refuseTunnel = () => new DrawbridgeError('access_needed', 'no grant', { hint: 'ask' });
  await expect(open()).rejects.toMatchObject({ code: 'access_needed', details: { hint: 'ask' } });
});

test('its signal ends it, before it is open and after', async () => {
  const stop = new AbortController();
  gateway.onTunnel = () => undefined;
  const stream = await open({ signal: stop.signal });
  const reason = new Error('enough');
  const failed = once(stream, 'error');
  stop.abort(reason);
  expect((await failed)[0]).toBe(reason);
  await stream.ended;
  expect(stream.lost).toBe(false);
  await expect(open({ signal: stop.signal })).rejects.toBe(reason);
});
