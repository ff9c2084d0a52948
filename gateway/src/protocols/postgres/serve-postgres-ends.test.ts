import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Client } from 'pg';
import { serialize } from 'pg-protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import {
  credentialOf,
  listenPostgres,
  type PostgresListener,
} from '../../../../test/support/postgres-listener.ts';
import { errorOf, RawPostgres } from '../../../../test/support/raw-postgres.ts';
import { TestSession } from '../../../../test/support/test-session.ts';
import { startTlsDatabase, type TlsDatabase } from '../../../../test/support/tls-database.ts';
import type { PostgresCredential } from '../../sessions/session.ts';
import { STARTUP_TIMEOUT } from './client/read-startup.ts';
import { authenticationOk, frameOf, readyForQuery } from './codec/backend-messages.ts';
import { SIGN_IN_TIMEOUT } from './target/connect-target.ts';

const { query } = serialize;
const cleanups: (() => unknown)[] = [];
let database: TestDatabase;
let listener: PostgresListener;

beforeAll(async () => {
  database = await createTestDatabase();
  listener = await listenPostgres(credentialOf(database.url));
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  await listener?.close();
  await database?.drop();
});

async function admin(): Promise<Client> {
  const client = new Client(database.url);
  await client.connect();
  cleanups.push(() => client.end());
  return client;
}

async function raw(
  to = listener,
): Promise<{ client: RawPostgres; session: TestSession; end: () => Promise<unknown> }> {
  const client = await RawPostgres.ready(to.port);
  cleanups.push(() => client.close());
  const index = to.sessions.length - 1;
  const session = to.sessions[index];
  if (session === undefined) throw new Error('no session');
  return { client, session, end: async () => to.ends[index] };
}

/** How many other connections run something that says this. */
const running = async (client: Client, text: string): Promise<number> => {
  const { rows } = await client.query(
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1 AND pid <> pg_backend_pid()",
    [`%${text}%`],
  );
  return rows[0].n;
};

describe('the kill switch', () => {
  it('ends an idle session with the reason as FATAL 57P01', async () => {
    const { client, session, end } = await raw();
    session.end('grant_expired', 'access to orders-db ended: grant expired');
    const fields = errorOf((await client.next()).frame);
    expect([fields.get('S'), fields.get('C'), fields.get('M')]).toEqual([
      'FATAL',
      '57P01',
      'drawbridge: access to orders-db ended: grant expired',
    ]);
    client.socket.end();
    expect(await end()).toEqual({
      code: 'grant_expired',
      message: 'access to orders-db ended: grant expired',
    });
  });

  it('ends a query that runs, at the target too', async () => {
    const watcher = await admin();
    const { client, session, end } = await raw();
    client.send(query("SELECT pg_sleep(60), 'killed'"));
    await vi.waitFor(async () => expect(await running(watcher, 'killed')).toBe(1));
    const began = performance.now();
    session.end('grant_revoked', 'access to orders-db ended: grant revoked');
    expect(errorOf((await client.next()).frame).get('C')).toBe('57P01');
    await end();
    expect(performance.now() - began).toBeLessThan(1000);
    await vi.waitFor(async () => expect(await running(watcher, 'killed')).toBe(0), { timeout: 5000 });
  });

  it('ends a session whose client does not read, within a second', async () => {
    const watcher = await admin();
    const { client, session, end } = await raw();
    client.socket.pause();
    client.send(query("SELECT repeat('unread', 1000) FROM generate_series(1, 1000000)"));
    const paused = async () =>
      (
        await watcher.query(
          "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'ClientWrite' AND query LIKE '%unread%'",
        )
      ).rowCount;
    await vi.waitFor(async () => expect(await paused()).toBe(1), { timeout: 5000 });
    // What waits for the client is bounded, and so is what was recorded.
    expect(session.payload('rows').length).toBeLessThan(32 * 1024 * 1024);
    const began = performance.now();
    session.end('terminated', 'ended');
    expect(await end()).toMatchObject({ code: 'terminated' });
    expect(performance.now() - began).toBeLessThan(1000);
    await vi.waitFor(async () => expect(await running(watcher, 'unread')).toBe(0), { timeout: 5000 });
  });

  it('ends a session that has not begun', async () => {
    const client = await RawPostgres.connect(listener.port);
    cleanups.push(() => client.close());
    await vi.waitFor(() => expect(listener.sessions.at(-1)?.credentials).toBe(0));
    const end = listener.ends.at(-1);
    listener.sessions.at(-1)?.end('gateway_shutdown', 'the gateway is going down');
    expect(errorOf((await client.next()).frame).get('C')).toBe('57P01');
    expect(await end).toMatchObject({ code: 'gateway_shutdown' });
  });
});

describe('cancelling', () => {
  const cancel = async (processId: number, secret: Buffer) => {
    const other = await RawPostgres.connect(listener.port);
    other.send(serialize.cancel(processId, secret.readInt32BE(0)));
    await once(other.socket.resume(), 'close');
  };

  it('stops the query with our own key, and says so in the recording', async () => {
    const watcher = await admin();
    const { client, session } = await raw();
    client.send(query("SELECT pg_sleep(60), 'cancelled'"));
    await vi.waitFor(async () => expect(await running(watcher, 'cancelled')).toBe(1));
    await cancel(client.processId, client.secret);
    expect(await client.answer()).toBe('T E:57014 Z:I');
    expect(session.events('cancel')).toHaveLength(1);
    expect(session.events('result')).toMatchObject([{ status: 'cancelled' }]);
    expect(listener.sessions.at(-1)?.credentials).toBe(0);
  });

  it('needs the right secret and the same person', async () => {
    const people = ['alice', 'mallory'];
    const shared = await listenPostgres(credentialOf(database.url), {
      session: (target) => new TestSession(target, { user: people.shift() ?? 'mallory' }),
    });
    cleanups.push(() => shared.close());
    const { client, session } = await raw(shared);
    for (const [port, secret] of [
      [shared.port, client.secret],
      [listener.port, client.secret],
    ] as const) {
      const other = await RawPostgres.connect(port);
      other.send(serialize.cancel(client.processId, secret.readInt32BE(0)));
      await once(other.socket.resume(), 'close');
    }
    await cancel(client.processId, Buffer.alloc(4));
    expect(session.events('cancel')).toHaveLength(0);
  });

  it('stops what runs when the client vanishes', async () => {
    const watcher = await admin();
    const { client, end } = await raw();
    client.send(query("SELECT pg_sleep(60), 'vanished'"));
    await vi.waitFor(async () => expect(await running(watcher, 'vanished')).toBe(1));
    client.socket.destroy();
    expect(await end()).toMatchObject({ code: 'client_closed' });
    await vi.waitFor(async () => expect(await running(watcher, 'vanished')).toBe(0), { timeout: 5000 });
  });
});

describe('a hostile target', () => {
  const CREDENTIAL: PostgresCredential = {
    protocol: 'postgres',
    host: '127.0.0.1',
    port: 0,
    database: 'd',
    tls: 'disable',
    username: 'app',
    password: 'pencil-secret',
  };

  /** A target that does what the test says with each connection. */
  async function hostile(
    behave: (socket: Socket) => void,
    credential: Partial<PostgresCredential> = {},
  ): Promise<PostgresListener> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      behave(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const to = await listenPostgres({
      ...CREDENTIAL,
      port: (server.address() as AddressInfo).port,
      ...credential,
    });
    cleanups.push(async () => {
      await to.close();
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return to;
  }

  /** What a client learns: code and message of FATAL. */
  async function learns(
    to: PostgresListener,
    ...send: Buffer[]
  ): Promise<{ code: string | undefined; message: string; end: unknown }> {
    const client = await RawPostgres.connect(to.port);
    cleanups.push(() => client.close());
    client.send(serialize.startup({ user: 'alice' }), ...send);
    const fields = errorOf((await client.until('E')).at(-1)?.frame ?? Buffer.alloc(0));
    expect(fields.get('S')).toBe('FATAL');
    client.socket.end();
    const everything = [...fields.values()].join(' ');
    expect(everything).not.toMatch(/127\.0\.0\.1|pencil-secret|app\b/);
    return { code: fields.get('C'), message: fields.get('M') ?? '', end: await to.ends.at(-1) };
  }

  const ready = (socket: Socket) =>
    socket.once('data', () => socket.write(Buffer.concat([authenticationOk(), readyForQuery(0x49)])));
  const auth = (...words: (number | string)[]) =>
    frameOf(
      0x52,
      Buffer.concat(
        words.map((word) => (typeof word === 'number' ? Buffer.from([0, 0, 0, word]) : Buffer.from(word))),
      ),
    );

  it.each<[string, (socket: Socket) => void, RegExp]>([
    ['closes at once', (socket) => socket.destroy(), /orders-db/],
    [
      'sends garbage',
      (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      /does not answer as a PostgreSQL server/,
    ],
    [
      'claims an absurd length',
      (socket) => socket.write(Buffer.from([0x52, 0x7f, 0xff, 0xff, 0xff])),
      /does not answer/,
    ],
    ['wants the password in clear', (socket) => socket.write(auth(3)), /expose/],
    ['wants md5', (socket) => socket.write(auth(5, 'salt')), /expose/],
    ['wants another method', (socket) => socket.write(auth(7)), /expose/],
    [
      'skips the proof of SCRAM',
      (socket) => socket.write(Buffer.concat([auth(10, 'SCRAM-SHA-256\0\0'), auth(0)])),
      /expose/,
    ],
    [
      'asks for hours of hashing',
      (socket) => {
        socket.write(auth(10, 'SCRAM-SHA-256\0\0'));
        socket.on('data', (chunk) => {
          const nonce = /r=([^,]+)$/.exec(chunk.toString('latin1'))?.[1];
          if (nonce !== undefined) socket.write(auth(11, `r=${nonce}more,s=c2FsdA==,i=2000000000`));
        });
      },
      /expose/,
    ],
    [
      'refuses the credential',
      (socket) =>
        socket.write(
          frameOf(
            0x45,
            Buffer.from('SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "app"\0\0'),
          ),
        ),
      /refused the gateway's credential/,
    ],
  ])('that %s is named, and nothing of it is told', async (_what, behave, message) => {
    const to = await hostile(behave);
    const learned = await learns(to);
    expect(learned.message).toMatch(message);
    expect(learned.end).toMatchObject({ code: 'target_error' });
  });

  it.each<[string, Buffer]>([
    ['an unknown message', Buffer.from([0x7a, 0, 0, 0, 4])],
    ['an absurd length', Buffer.from([0x44, 0x7f, 0xff, 0xff, 0xff])],
    ['a row that nobody asked for', frameOf(0x44, Buffer.from([0, 0]))],
    ['a malformed description', frameOf(0x54, Buffer.from([0, 5]))],
    ['a malformed notice', frameOf(0x4e, Buffer.from('Mno end'))],
    ['a key in mid-session', frameOf(0x4b, Buffer.alloc(8))],
    ['CopyBothResponse', frameOf(0x57, Buffer.alloc(3))],
    ['another encoding', frameOf(0x53, Buffer.from('client_encoding\0SQL_ASCII\0'))],
  ])('that sends %s in mid-session ends it', async (_what, bytes) => {
    const to = await hostile((socket) => {
      ready(socket);
      socket.on('data', (chunk) => {
        if (chunk[0] === 0x51) socket.write(bytes);
      });
    });
    await learns(to, query('SELECT 1'));
  });

  it('that takes a refused statement ends the session', async () => {
    const to = await hostile((socket) => {
      ready(socket);
      socket.on('data', (chunk) => {
        if (chunk[0] === 0x51)
          socket.write(Buffer.concat([frameOf(0x43, Buffer.from('SELECT 0\0')), readyForQuery(0x49)]));
      });
    });
    expect((await learns(to, query('DROP TABLE x /* refuse */'))).code).toBe('08P01');
  });

  it('that is not there is said so', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    const to = await listenPostgres({ ...CREDENTIAL, port });
    cleanups.push(() => to.close());
    expect(await learns(to)).toMatchObject({
      code: '08001',
      message: expect.stringContaining("orders-db can't be reached"),
    });
  });

  it('that offers no TLS, or slips bytes in before it, is refused', async () => {
    const plain = await hostile((socket) => socket.write('N'), { tls: 'require' });
    expect((await learns(plain)).message).toContain('no TLS');
    const slipped = await hostile((socket) => socket.write('Sextra'), { tls: 'require' });
    expect((await learns(slipped)).message).toContain('does not answer as');
  });
});

describe('whoever takes too long', () => {
  it('is a client without a startup message', async () => {
    const clock = new ManualClock();
    const to = await listenPostgres(credentialOf(database.url), { clock });
    cleanups.push(() => to.close());
    const client = await RawPostgres.connect(to.port);
    cleanups.push(() => client.close());
    await vi.waitFor(() => expect(to.sessions).toHaveLength(1));
    clock.advance(STARTUP_TIMEOUT);
    expect(errorOf((await client.next()).frame).get('M')).toContain('no startup message came within 10 s');
    client.socket.end();
    expect(await to.ends[0]).toMatchObject({ code: 'protocol_error' });
  });

  /** A target that takes connections and never answers; with the first connection to it, once that has spoken. */
  async function silent(clock?: ManualClock): Promise<{ to: PostgresListener; spoken: Promise<Socket> }> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const spoken = once(server, 'connection').then(async ([socket]: Socket[]) => {
      if (socket === undefined) throw new Error('no socket');
      socket.on('error', () => undefined);
      await once(socket, 'data');
      return socket;
    });
    const target = { ...credentialOf(database.url), port: (server.address() as AddressInfo).port };
    const to = await listenPostgres(target, clock === undefined ? {} : { clock });
    cleanups.push(async () => {
      await to.close();
      server.close();
    });
    return { to, spoken };
  }

  it('is a target that says nothing', async () => {
    const clock = new ManualClock();
    const { to, spoken } = await silent(clock);
    const client = await RawPostgres.connect(to.port);
    cleanups.push(() => client.close());
    client.send(serialize.startup({ user: 'alice' }));
    await spoken;
    clock.advance(SIGN_IN_TIMEOUT);
    expect(errorOf((await client.next()).frame).get('M')).toContain('orders-db did not answer in time');
  });

  it('is not waited for once the session has to end', async () => {
    const { to, spoken } = await silent();
    const client = await RawPostgres.connect(to.port);
    cleanups.push(() => client.close());
    client.send(serialize.startup({ user: 'alice' }));
    const target = await spoken;
    to.sessions[0]?.end('grant_revoked', 'over');
    await once(target, 'close');
    expect(errorOf((await client.next()).frame).get('C')).toBe('57P01');
    client.socket.end();
    expect(await to.ends[0]).toMatchObject({ code: 'grant_revoked' });
  });

  it('is not waited for once the client left', async () => {
    const { to, spoken } = await silent();
    const client = await RawPostgres.connect(to.port);
    client.send(serialize.startup({ user: 'alice' }));
    const target = await spoken;
    client.close();
    await once(target, 'close');
    expect(await to.ends[0]).toMatchObject({ code: 'client_closed' });
  });
});

describe('TLS to the target', () => {
  let server: TlsDatabase;

  beforeAll(async () => {
    server = await startTlsDatabase();
  });

  afterAll(async () => {
    await server?.stop();
  });

  async function through(credential: Partial<PostgresCredential>): Promise<{ ssl: boolean }> {
    const to = await listenPostgres({ ...credentialOf(server.url), host: 'localhost', ...credential });
    cleanups.push(() => to.close());
    const client = new Client({ host: '127.0.0.1', port: to.port, user: 'alice' });
    cleanups.push(() => client.end());
    await client.connect();
    const { rows } = await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    return { ssl: rows[0].ssl };
  }

  it('verifies chain and name', async () => {
    expect((await through({ tls: 'verify-full', ca: server.cert })).ssl).toBe(true);
  });

  it('refuses a certificate of another authority', async () => {
    await expect(through({ tls: 'verify-full', ca: server.foreign })).rejects.toMatchObject({
      code: '08001',
      message: expect.stringContaining('certificate of orders-db'),
    });
    cleanups.pop();
  });

  it('looks at the name for verify-full only', async () => {
    await expect(through({ tls: 'verify-full', ca: server.cert, host: '127.0.0.1' })).rejects.toMatchObject({
      code: '08001',
    });
    cleanups.pop();
    expect((await through({ tls: 'verify-ca', ca: server.cert, host: '127.0.0.1' })).ssl).toBe(true);
  });

  it('encrypts without looking at the certificate for require, and not at all for disable', async () => {
    expect((await through({ tls: 'require' })).ssl).toBe(true);
    expect((await through({ tls: 'disable' })).ssl).toBe(false);
  });
});
