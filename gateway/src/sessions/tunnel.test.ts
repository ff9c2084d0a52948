import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { DrawbridgeError, type ErrorBody, TUNNEL_SUBPROTOCOL, type User } from '@drawbridge/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { newId } from '../new-id.ts';
import type { SessionEnd } from './session.ts';
import type { Connection } from './session-host.ts';
import { Tunnel } from './tunnel.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };
const user: User = {
  kind: 'user',
  id: newId('usr'),
  provider: 'test',
  subject: '1',
  name: 'alice',
  displayName: 'Alice',
  groups: [],
};

let clock: ManualClock;
let tunnel: Tunnel;
let server: Server;
let serve: (stream: Duplex) => Promise<SessionEnd>;
let opened: Connection[];
let refused: string[];

beforeEach(async () => {
  clock = new ManualClock();
  opened = [];
  refused = [];
  serve = async (stream) => {
    stream.resume();
    await once(stream, 'end');
    return { code: 'client_closed', message: '' };
  };
  tunnel = new Tunnel({
    clock,
    logger: silent,
    refused: (code) => refused.push(code),
    clientAddress: (request) => request.socket.remoteAddress,
    authenticate: async (authorization) => {
      if (authorization !== 'Bearer good') throw new DrawbridgeError('sign_in_required', 'sign in first');
      return { user, signInId: newId('sgn') };
    },
    host: {
      async open(connection) {
        opened.push(connection);
        if (connection.resource === 'broken') throw new Error('a secret of the gateway');
        return (stream) => serve(stream);
      },
    },
  });
  server = createServer();
  server.on('upgrade', tunnel.upgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  tunnel.close();
  server.close();
  await once(server, 'close');
});

interface Opening {
  readonly path?: string;
  readonly protocol?: string;
  readonly headers?: Record<string, string>;
}

function open({
  path = '/v1/tunnel?resource=orders-db',
  protocol = TUNNEL_SUBPROTOCOL,
  headers = {},
}: Opening = {}) {
  const { port } = server.address() as AddressInfo;
  return new WebSocket(`ws://127.0.0.1:${port}${path}`, protocol, {
    headers: { authorization: 'Bearer good', ...headers },
  });
}

/** The answer to an upgrade that was refused. */
async function refusal(opening: Opening): Promise<{ status: number; body: ErrorBody }> {
  const [, response] = await once(open(opening), 'unexpected-response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, body: JSON.parse(text) };
}

describe('an upgrade', () => {
  it('opens a session of the caller at the resource', async () => {
    const client = open({ path: '/v1/tunnel?resource=orders-db&profile=read' });
    await once(client, 'open');
    expect(opened).toMatchObject([{ user, resource: 'orders-db', profile: 'read', address: '127.0.0.1' }]);
    client.close();
    await once(client, 'close');
  });

  it.each([
    ['no token', { headers: { authorization: '' } }, 401, 'sign_in_required'],
    ['a page in a browser', { headers: { origin: 'https://evil.example' } }, 403, 'forbidden'],
    ['another subprotocol', { protocol: 'chat' }, 400, 'invalid_request'],
    ['no resource', { path: '/v1/tunnel' }, 400, 'invalid_request'],
    ['a resource that is no name', { path: '/v1/tunnel?resource=../etc' }, 400, 'invalid_request'],
    ['an unknown parameter', { path: '/v1/tunnel?resource=orders-db&as=root' }, 400, 'invalid_request'],
    ['another path', { path: '/v1/events' }, 404, 'not_found'],
    ['a path that names another host', { path: '//evil/v1/tunnel?resource=orders-db' }, 404, 'not_found'],
    ['a path that is none', { path: '//' }, 404, 'not_found'],
  ])('is refused for %s before anything is opened', async (_why, opening, status, code) => {
    const answer = await refusal(opening);
    expect(answer).toMatchObject({ status, body: { error: { code } } });
    expect(refused).toEqual([code]);
    expect(opened).toEqual([]);
  });

  it('that fails inside says nothing about the inside', async () => {
    const { status, body } = await refusal({ path: '/v1/tunnel?resource=broken' });
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secret of the gateway');
  });
});

describe('an open tunnel', () => {
  it('carries bytes both ways as they are', async () => {
    serve = async (stream) => {
      for await (const chunk of stream) stream.write(chunk);
      return { code: 'client_closed', message: '' };
    };
    const client = open();
    await once(client, 'open');
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    client.send(bytes);
    const [data, binary] = await once(client, 'message');
    expect(binary).toBe(true);
    expect(data).toEqual(bytes);
    client.close();
    await once(client, 'close');
  });

  it('takes no text', async () => {
    const broken = new Promise<Error>((resolve) => {
      serve = async (stream) => {
        stream.resume();
        const [error] = await once(stream, 'error').catch((reason) => [reason]);
        resolve(error);
        return { code: 'protocol_error', message: '' };
      };
    });
    const client = open();
    await once(client, 'open');
    client.send('select 1');
    expect((await broken).message).toMatch(/binary/);
    await once(client, 'close');
  });

  it('tells in the close frame that the gateway ended it', async () => {
    serve = async (stream) => {
      stream.end('last words');
      return { code: 'grant_revoked', message: 'access to orders-db ended' };
    };
    const client = open();
    const [[words], [code, reason]] = await Promise.all([once(client, 'message'), once(client, 'close')]);
    expect(String(words)).toBe('last words');
    expect(code).toBe(4403);
    expect(JSON.parse(String(reason))).toEqual({ code: 'grant_revoked' });
  });

  it('is cut where the other side does not answer the close', async () => {
    serve = async () => ({ code: 'grant_expired', message: 'over' });
    let cut = false;
    server.once('connection', (socket) => socket.once('close', () => (cut = true)));
    const client = open();
    await once(client, 'open');
    client.pause();
    await vi.waitFor(() => {
      clock.advance(500);
      expect(cut).toBe(true);
    });
    client.terminate();
  });

  it('stops taking bytes while nobody reads them', async () => {
    const given = new Promise<Duplex>((resolve) => {
      serve = async (stream) => {
        resolve(stream);
        await once(stream, 'close');
        return { code: 'client_closed', message: '' };
      };
    });
    const client = open();
    await once(client, 'open');
    const size = 64 * 1024 * 1024;
    for (let sent = 0; sent < size; sent += 1024 * 1024) client.send(Buffer.alloc(1024 * 1024));
    const stream = await given;
    await once(stream, 'readable');
    expect(stream.readableLength).toBeLessThan(size / 8);
    expect(client.bufferedAmount).toBeGreaterThan(0);
    // All of it comes once somebody reads.
    let read = 0;
    stream.on('data', (chunk: Buffer) => {
      read += chunk.length;
      if (read === size) stream.destroy();
    });
    await once(stream, 'close');
    expect(read).toBe(size);
    client.terminate();
  });
});
