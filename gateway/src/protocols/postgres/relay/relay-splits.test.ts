import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { Client } from 'pg';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../../test/support/database.ts';
import { ManualClock } from '../../../../../test/support/manual-clock.ts';
import {
  credentialOf,
  listenPostgres,
  type PostgresListener,
} from '../../../../../test/support/postgres-listener.ts';
import { RawPostgres } from '../../../../../test/support/raw-postgres.ts';
import { ScriptedAnalysis } from '../../../../../test/support/scripted-analysis.ts';
import { TestSession } from '../../../../../test/support/test-session.ts';
import { SessionFailure } from '../session-failure.ts';
import { BackendRelay } from './backend-relay.ts';
import { Conversation } from './conversation.ts';
import { FrontendRelay } from './frontend-relay.ts';

const { parse, bind, describe: ask, execute, sync, query, copyData, copyDone, close } = serialize;
const never = () => {
  throw new Error('this traffic asks for nothing that takes time');
};

/** Real traffic as the gateway met it: what the client sent, and what the target sent, in order. */
interface Chunk {
  readonly from: 'client' | 'target';
  readonly bytes: Buffer;
}

class Sink extends Writable {
  readonly chunks: Buffer[] = [];
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(chunk);
    done();
  }
  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

/** A TCP pipe that notes what passes. */
async function tap(
  port: number,
  from: Chunk['from'],
  log: Chunk[],
): Promise<{ port: number; close(): void }> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    sockets.push(near, far);
    near
      .on('error', () => undefined)
      .on('data', (bytes) => {
        if (from === 'client') log.push({ from, bytes: Buffer.from(bytes) });
        far.write(bytes);
      });
    far
      .on('error', () => undefined)
      .on('data', (bytes) => {
        if (from === 'target') log.push({ from, bytes: Buffer.from(bytes) });
        near.write(bytes);
      });
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** All kinds of messages, one exchange after the other. */
async function converse(client: RawPostgres): Promise<void> {
  const exchanges: Buffer[][] = [
    [query('CREATE TEMP TABLE t (id int, secret text, name text)')],
    [query("INSERT INTO t SELECT n, 'hush ' || n, repeat('n', n % 40) FROM generate_series(1, 300) n")],
    [query('SELECT * FROM t /* mask */; SELECT 1; SELECT name FROM t LIMIT 3')],
    [query('SELECT * FROM t /* refuse */'), query('')],
    [
      parse({ name: 's', text: 'SELECT secret, id FROM t WHERE id > $1 /* mask */' }),
      ask({ type: 'S', name: 's' }),
      sync(),
    ],
    [bind({ statement: 's', values: ['290'] }), execute({ rows: 3 }), execute(), sync()],
    [bind({ statement: 's', values: ['290'], binary: true }), ask({ type: 'P' }), execute(), sync()],
    [parse({ text: 'SELECT nothing' }), bind(), execute(), sync(), query('SELECT 2')],
    [close({ type: 'S', name: 's' }), sync()],
    [query('COPY t FROM STDIN')],
    [copyData(Buffer.from('1\ta\tb\n')), copyData(Buffer.from('2\tc\td\n')), copyDone()],
    [query('COPY t (id, name) TO STDOUT')],
    [query("DO $$BEGIN RAISE NOTICE 'n'; END$$; LISTEN x; NOTIFY x, 'y'")],
    [query('SELECT 1/0 /* details */')],
  ];
  for (const exchange of exchanges) {
    client.send(...exchange);
    const copying = exchange[0]?.includes('FROM STDIN') === true;
    let answers = copying
      ? 0
      : exchange.filter((message) => message[0] === 0x51 || message[0] === 0x53).length;
    if (exchange[0]?.[0] === 0x64) answers = 1;
    if (copying) await client.until('G');
    for (; answers > 0; answers -= 1) await client.until('Z');
  }
}

/** Runs traffic through fresh relays. */
function replay(log: readonly Chunk[], split: (bytes: Buffer) => Buffer[]) {
  const session = new TestSession(credentialOf('postgres://u:p@127.0.0.1:1/d'));
  const conversation = new Conversation(session, new ScriptedAnalysis());
  const client = new Sink();
  const target = new Sink();
  const voice = { clock: new ManualClock(), tell: never, announcements: false, signOfLife: undefined };
  const frontend = new FrontendRelay(conversation, target, voice, undefined, never);
  const backend = new BackendRelay(conversation, client, undefined, never);
  for (const { from, bytes } of log) {
    for (const part of split(bytes)) {
      if (from === 'client') frontend.push(part);
      else backend.push(part);
      if (from === 'target' && frontend.hold === 'target') frontend.resume();
    }
  }
  const events = session.recorded
    .map(({ event }) => event)
    .filter(({ type }) => type !== 'rows' && type !== 'copy');
  return {
    // The text that stands for a refused statement names the session.
    target: target.bytes.toString('latin1').replaceAll(session.id, 'ses'),
    client: client.bytes.toString('latin1'),
    rows: session.payload('rows').toString('latin1'),
    copy: session.payload('copy').toString('latin1'),
    events: JSON.stringify(events),
    writes: client.chunks.length + target.chunks.length,
  };
}

describe('the relay', () => {
  const log: Chunk[] = [];
  let database: TestDatabase;
  let listener: PostgresListener;
  const closers: (() => unknown)[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    const credential = credentialOf(database.url);
    const behind = await tap(credential.port, 'target', log);
    listener = await listenPostgres({ ...credential, port: behind.port });
    const before = await tap(listener.port, 'client', log);
    closers.push(before.close, behind.close);
    const client = await RawPostgres.ready(before.port);
    closers.push(() => client.close());
    log.length = 0;
    await converse(client);
  });

  afterAll(async () => {
    for (const closer of closers) closer();
    await listener?.close();
    await database?.drop();
  });

  it('says and records the same however traffic is split', () => {
    const { writes: _, ...whole } = replay(log, (bytes) => [bytes]);
    expect(whole.client).not.toContain('hush');
    expect(whole.client.length).toBeGreaterThan(10_000);
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: 1, max: 300 })), (sizes) => {
        const split = (bytes: Buffer) => {
          const parts: Buffer[] = [];
          for (let at = 0; at < bytes.length; ) {
            const size = sizes.next().value ?? 1;
            parts.push(bytes.subarray(at, at + size));
            at += size;
          }
          return parts;
        };
        const { writes: __, ...outcome } = replay(log, split);
        expect(outcome).toEqual(whole);
      }),
      { numRuns: 40 },
    );
    const { writes: ___, ...bytewise } = replay(log, (bytes) =>
      Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1)),
    );
    expect(bytewise).toEqual(whole);
  });

  it('writes at most once for each chunk', () => {
    expect(replay(log, (bytes) => [bytes]).writes).toBeLessThanOrEqual(log.length);
  });

  it('ends the session, and throws nothing else, on whatever bytes', () => {
    const total = log.reduce((sum, { bytes }) => sum + bytes.length, 0);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(total - 1), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 8,
        }),
        (changes) => {
          let offset = 0;
          const damaged = log.map(({ from, bytes }) => {
            const copy = Buffer.from(bytes);
            for (const [at, value] of changes)
              if (at >= offset && at < offset + copy.length) copy[at - offset] = value;
            offset += copy.length;
            return { from, bytes: copy };
          });
          try {
            replay(damaged, (bytes) => [bytes]);
          } catch (error) {
            expect(error).toBeInstanceOf(SessionFailure);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is what a real client sees as well', async () => {
    const client = new Client({ host: '127.0.0.1', port: listener.port, user: 'alice' });
    await client.connect();
    expect((await client.query("SELECT 'hush' AS secret /* mask */")).rows).toEqual([{ secret: '***' }]);
    await client.end();
  });
});
