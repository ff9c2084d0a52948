import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client, type ClientConfig } from 'pg';
import { serialize } from 'pg-protocol';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import {
  credentialOf,
  listenPostgres,
  type PostgresListener,
} from '../../../../test/support/postgres-listener.ts';
import { errorOf, RawPostgres, valuesOf } from '../../../../test/support/raw-postgres.ts';
import { TestSession } from '../../../../test/support/test-session.ts';
import type { ColumnRule } from '../../masking/rule.ts';
import { parseMessage } from './codec/frontend-messages.ts';

const run = promisify(execFile);
const RULES: readonly ColumnRule[] = [
  { rule: 'pii', schema: 'public', table: 'people', column: 'secret', mask: 'full' },
];
const { parse, bind, describe: ask, execute, sync, query, flush, copyData, copyDone } = serialize;

let database: TestDatabase;
let listener: PostgresListener;
let masking: PostgresListener;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  listener = await listenPostgres(credentialOf(database.url));
  masking = await listenPostgres(credentialOf(database.url), {
    session: (target) => new TestSession(target, { rules: RULES }),
  });
  const admin = new Client(database.url);
  await admin.connect();
  await admin.query(`
    CREATE TABLE people (id int PRIMARY KEY, name text, secret text);
    INSERT INTO people SELECT n, 'name ' || n, 'hush-' || n FROM generate_series(1, 1000) n;
    CREATE TABLE lines (line text);
  `);
  await admin.end();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  await listener?.close();
  await masking?.close();
  await database?.drop();
});

async function connect(
  to = listener,
  config: ClientConfig = {},
): Promise<{ client: Client; session: TestSession }> {
  const client = new Client({ host: '127.0.0.1', port: to.port, user: 'alice', ...config });
  client.on('error', () => undefined);
  cleanups.push(() => client.end());
  await client.connect();
  return { client, session: lastOf(to) };
}

async function raw(to = listener): Promise<{ client: RawPostgres; session: TestSession }> {
  const client = await RawPostgres.ready(to.port);
  cleanups.push(() => client.close());
  return { client, session: lastOf(to) };
}

function lastOf({ sessions }: PostgresListener): TestSession {
  const session = sessions.at(-1);
  if (session === undefined) throw new Error('no session yet');
  return session;
}

describe('clients nobody here wrote', () => {
  it('serves node-postgres in the simple and the extended protocol, text and binary', async () => {
    const { client, session } = await connect();
    expect((await client.query('SELECT id, name FROM people ORDER BY id LIMIT 2')).rows).toEqual([
      { id: 1, name: 'name 1' },
      { id: 2, name: 'name 2' },
    ]);
    expect((await client.query('SELECT name FROM people WHERE id = $1', [3])).rows).toEqual([
      { name: 'name 3' },
    ]);
    // @types/pg leaves `binary` out.
    const config = { text: 'SELECT id FROM people WHERE id = $1', values: [4], binary: true };
    const binary = await client.query(config);
    expect(binary.rows).toEqual([{ id: 4 }]);
    expect(session.events('statement').map(({ mode }) => mode)).toEqual(['simple', 'prepare', 'prepare']);
    expect(session.events('execute').map(({ parameters }) => parameters)).toEqual([['3'], ['4']]);
    expect(session.events('result').map(({ tag, rows }) => [tag, rows])).toEqual([
      ['SELECT 2', 2],
      ['SELECT 1', 1],
      ['SELECT 1', 1],
    ]);
  });

  it('serves postgres.js: pipelined queries, cursors, transactions, COPY', async () => {
    const sql = postgres({ host: '127.0.0.1', port: listener.port, user: 'alice', max: 1 });
    cleanups.push(() => sql.end());
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => sql`SELECT ${n}::int AS n`));
    expect(answers.map(([row]) => row?.n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    let seen = 0;
    await sql`SELECT id FROM people`.cursor(100, (rows) => {
      seen += rows.length;
    });
    expect(seen).toBe(1000);
    await sql.begin(async (transaction) => {
      await transaction`CREATE TEMP TABLE scratch (line text)`;
      const writable = await transaction`COPY scratch FROM STDIN`.writable();
      await new Promise<void>((resolve, reject) => {
        writable.on('error', reject).on('finish', resolve);
        writable.write('one\ntwo\n');
        writable.end();
      });
      expect(await transaction`SELECT line FROM scratch`).toHaveLength(2);
    });
  });

  it('serves psql: \\d, \\copy both ways, errors with their place', async () => {
    const psql = (...commands: string[]) =>
      run('psql', [
        '-X',
        '-h',
        '127.0.0.1',
        '-p',
        String(listener.port),
        '-U',
        'alice',
        '-d',
        'orders-db',
        ...commands.flatMap((command) => ['-c', command]),
      ]);
    expect((await psql('\\d people')).stdout).toContain('people_pkey');
    const copied = await psql(
      "\\copy lines from program 'seq 1 5000'",
      '\\copy (select * from lines limit 2) to stdout',
      'delete from lines',
    );
    expect(copied.stdout).toBe('COPY 5000\n1\n2\nDELETE 5000\n');
    await expect(psql('SELECT nothing FROM people')).rejects.toThrow(/LINE 1: SELECT nothing/);
    await expect(psql('SELECT 1 /* refuse */')).rejects.toThrow(
      /ERROR: {2}drawbridge: a test says no\nLINE 1: SELECT 1/,
    );
  });

  it('passes notices and notifications on, and records them', async () => {
    const { client, session } = await connect();
    const heard = new Promise((resolve) => client.once('notification', resolve));
    await client.query("LISTEN news; NOTIFY news, 'hello'");
    await expect(heard).resolves.toMatchObject({ channel: 'news', payload: 'hello' });
    await client.query("DO $$BEGIN RAISE NOTICE 'mind the gap'; END$$");
    expect(session.events('message').map(({ text }) => text)).toEqual(['hello', 'mind the gap']);
  });

  it('passes large results and rows', async () => {
    const { client, session } = await connect();
    const { rows } = await client.query("SELECT repeat('x', 3000000) AS big FROM generate_series(1, 3)");
    expect(rows.map(({ big }) => big.length)).toEqual([3_000_000, 3_000_000, 3_000_000]);
    expect(session.payload('rows').length).toBeGreaterThan(9_000_000);
  });
});

describe('a refused statement', () => {
  it('looks as if the database had raised the error, and never gets there', async () => {
    const { client, session } = await connect();
    await expect(client.query('SELECT 1 /* refuse */')).rejects.toMatchObject({
      code: '42501',
      message: 'drawbridge: a test says no',
      hint: 'Leave the comment out.',
      position: '1',
    });
    await client.query('BEGIN');
    await expect(client.query('SELECT $1::int /* refuse */', [1])).rejects.toMatchObject({ code: '42501' });
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
    await expect(client.query('SELECT 1 /* refuse */')).rejects.toMatchObject({ code: '42501' });
    await client.query('ROLLBACK');
    expect(session.events('statement').filter(({ decision }) => decision === 'deny')).toHaveLength(3);
  });

  it('keeps pipelines in step', async () => {
    const { client } = await raw();
    const select = (text: string) => [parse({ text }), bind(), ask({ type: 'P' }), execute()];
    client.send(
      ...select('SELECT 1'),
      ...select('SELECT 2 /* refuse */'),
      ...select('SELECT 3'),
      sync(),
      ...select('SELECT 4'),
      sync(),
    );
    expect(await client.answer()).toBe('1 2 T D C E:42501 Z:I');
    expect(await client.answer()).toBe('1 2 T D C Z:I');
    client.send(query('SELECT 1 /* refuse */'), query('SELECT 2'));
    expect(await client.answer()).toBe('E:42501 Z:I');
    expect(await client.answer()).toBe('T D C Z:I');
  });

  it('waits for a plan that takes time, in order', async () => {
    const { client } = await raw();
    client.send(
      query('SELECT 1 /* slow */'),
      query('SELECT 2'),
      query('SELECT 3 /* slow */ /* refuse */'),
      query('SELECT 4'),
    );
    const order: string[] = [];
    for (let left = 4; left > 0; left -= 1) order.push(await client.answer());
    expect(order).toEqual(['T D C Z:I', 'T D C Z:I', 'E:42501 Z:I', 'T D C Z:I']);
  });

  it('refuses names that only SQL gave, and goes on', async () => {
    const { client } = await raw();
    client.send(query('PREPARE hidden AS SELECT 1'));
    expect(await client.answer()).toBe('C Z:I');
    client.send(bind({ statement: 'hidden' }), execute(), sync());
    expect(await client.answer()).toBe('E:26000 Z:I');
    client.send(query('BEGIN; DECLARE c CURSOR FOR SELECT 1'));
    expect(await client.answer()).toBe('C C Z:T');
    client.send(ask({ type: 'P', name: 'c' }), execute({ portal: 'c' }), sync());
    expect(await client.answer()).toBe('E:34000 Z:E');
  });

  it('refuses a statement that is not UTF-8', async () => {
    const { client } = await raw();
    const text = query('SELECT 1 -- x');
    text[text.length - 2] = 0xff;
    client.send(text);
    expect(await client.answer()).toBe('E:22021 Z:I');
  });
});

describe('extended protocol', () => {
  it('serves portals a few rows at a time and records one run', async () => {
    const { client, session } = await raw();
    client.send(
      parse({ text: 'SELECT id FROM people ORDER BY id' }),
      bind(),
      execute({ rows: 2 }),
      execute({ rows: 3 }),
      sync(),
    );
    expect(await client.answer()).toBe('1 2 D D s D D D s Z:I');
    expect(session.events('execute')).toHaveLength(1);
    expect(session.events('result').map(({ status, rows }) => [status, rows])).toEqual([
      ['suspended', 2],
      ['suspended', 3],
    ]);
  });

  it('answers Flush, empty queries, and Close', async () => {
    const { client } = await raw();
    client.send(parse({ name: 's', text: '' }), bind({ statement: 's' }), execute(), flush());
    expect((await client.until('I')).map(({ type }) => type).join(' ')).toBe('1 2 I');
    client.send(serialize.close({ type: 'S', name: 's' }), bind({ statement: 's' }), sync());
    expect(await client.answer()).toBe('3 E:26000 Z:I');
  });

  it('gives a name back its old meaning when a new one failed', async () => {
    const { client, session } = await raw();
    client.send(parse({ name: 's', text: "SELECT 'old'" }), sync());
    expect(await client.answer()).toBe('1 Z:I');
    client.send(parse({ name: 's', text: "SELECT 'new'" }), sync());
    expect(await client.answer()).toBe('E:42P05 Z:I');
    client.send(bind({ statement: 's' }), execute(), sync());
    const messages = await client.until('Z');
    expect(valuesOf(messages.find(({ type }) => type === 'D')?.frame ?? Buffer.alloc(7))).toEqual(['old']);
    expect(session.events('rows').map(({ statement }) => statement)).toEqual([1]);
  });

  it('ends the session rather than take one statement for another', async () => {
    const { client } = await raw(masking);
    client.send(parse({ name: 's', text: 'SELECT secret FROM people /* mask */ LIMIT 1' }), sync());
    expect(await client.answer()).toBe('1 Z:I');
    // The second Parse fails at the target, so that Bind takes the first statement, under the plan of the second.
    client.send(parse({ name: 's', text: 'SELECT 1' }), sync(), bind({ statement: 's' }), execute(), sync());
    const messages = await client.until('Z');
    expect(messages.map(({ type }) => type).join(' ')).toBe('E Z');
    const { type, frame } = await client.next();
    expect(type).toBe('E');
    expect(errorOf(frame).get('S')).toBe('FATAL');
  });

  it('does not serve a prepared name that SQL took over', async () => {
    const { client } = await raw(masking);
    client.send(parse({ name: 's', text: "SELECT 'harmless'" }), sync());
    expect(await client.answer()).toBe('1 Z:I');
    client.send(
      query('DEALLOCATE s'),
      query('PREPARE s AS SELECT secret FROM people LIMIT 1'),
      bind({ statement: 's' }),
      execute(),
      sync(),
    );
    expect(await client.answer()).toBe('C Z:I');
    expect(await client.answer()).toBe('C Z:I');
    expect(errorOf((await client.next()).frame).get('S')).toBe('FATAL');
  });

  it('plans a prepared statement again when it is bound', async () => {
    const { client, session } = await raw();
    client.send(parse({ name: 's', text: 'SELECT 1' }), sync());
    expect(await client.answer()).toBe('1 Z:I');
    listener.analysis.closed = true;
    cleanups.push(() => {
      listener.analysis.closed = false;
    });
    client.send(bind({ statement: 's' }), execute(), sync());
    expect(await client.answer()).toBe('E:42501 Z:I');
    expect(session.events('execute')).toEqual([]);
    expect(session.events('result')).toMatchObject([{ statement: 1, status: 'error' }]);
  });

  it('serves tens of thousands of messages before a Sync', async () => {
    const { client } = await raw();
    const many = 30_000;
    client.send(
      parse({ name: 's', text: 'SELECT 1' }),
      ...Array.from({ length: many }, () => Buffer.concat([bind({ statement: 's' }), execute()])),
      sync(),
    );
    const answers = await client.until('Z');
    expect(answers.filter(({ type }) => type === 'C')).toHaveLength(many);
  });

  it('refuses function calls and unknown or malformed messages, for this session only', async () => {
    const others = await connect();
    for (const message of [
      Buffer.from([0x46, 0, 0, 0, 4]),
      Buffer.from([0x7a, 0, 0, 0, 4]),
      Buffer.from([0x51, 0, 0, 0, 5, 65]),
      Buffer.from([0x51, 0x7f, 0xff, 0xff, 0xff]),
      Buffer.from([0x42, 0, 0, 0, 8, 0, 0, 0, 9]),
      Buffer.from([0x53, 0, 0, 0, 3]),
    ]) {
      const { client } = await raw();
      client.send(message);
      const { frame } = await client.next();
      expect(errorOf(frame).get('S')).toBe('FATAL');
      expect(['08P01', '0A000']).toContain(errorOf(frame).get('C'));
      await expect(client.next()).rejects.toThrow();
    }
    expect((await others.client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('COPY', () => {
  it('passes bulk data that comes before the target asked for it', async () => {
    const { client, session } = await raw();
    client.send(
      query('COPY lines FROM STDIN'),
      copyData(Buffer.from('a\n')),
      copyData(Buffer.from('b\n')),
      copyDone(),
      query('SELECT 1'),
    );
    expect(await client.answer()).toBe('G C Z:I');
    expect(await client.answer()).toBe('T D C Z:I');
    expect(session.events('copy')).toMatchObject([{ direction: 'in', statement: 1 }]);
    client.send(
      parse({ text: 'COPY lines FROM STDIN' }),
      bind(),
      execute(),
      sync(),
      copyData(Buffer.from('c\n')),
      copyDone(),
      sync(),
    );
    expect(await client.answer()).toBe('1 2 G C Z:I');
    client.send(query('DELETE FROM lines RETURNING line'));
    expect(await client.answer()).toBe('T D D D C Z:I');
  });

  it('stays in step when a COPY fails half-way, and drops what is left of it', async () => {
    const { client } = await raw();
    const bad = [copyData(Buffer.from('1\tx\t\n')), copyData(Buffer.from('nonsense\n'))];
    client.send(query('COPY people FROM STDIN'), ...bad, copyDone());
    expect(await client.answer()).toMatch(/^G E:22P02 Z:I$/);
    client.send(copyData(Buffer.from('late\n')), copyDone(), query('SELECT 1'));
    expect(await client.answer()).toBe('T D C Z:I');
    client.send(parse({ text: 'COPY people FROM STDIN' }), bind(), execute(), flush());
    await client.until('G');
    client.send(...bad, copyDone(), sync(), query('SELECT 1'));
    expect(await client.answer()).toBe('E:22P02 Z:I');
    expect(await client.answer()).toBe('T D C Z:I');
  });

  it('records what passes out as it passed', async () => {
    const { client, session } = await raw();
    client.send(query('COPY (SELECT n FROM generate_series(1, 3) n) TO STDOUT'));
    expect(await client.answer()).toBe('H d d d c C Z:I');
    expect(session.payload('copy').toString('latin1')).toContain('3\n');
  });
});

describe('masking', () => {
  const values = async (client: RawPostgres) =>
    (await client.until('Z'))
      .filter(({ type }) => type === 'D')
      .map(({ frame }) => valuesOf(frame).join('|'));

  it('rewrites rows of simple queries, several results of one, and records what the client saw', async () => {
    const { client, session } = await raw(masking);
    client.send(
      query(
        'SELECT id, secret FROM people WHERE id < 3 ORDER BY id; SELECT secret, id FROM people WHERE id = 9 /* mask */',
      ),
    );
    expect(await values(client)).toEqual(['1|***', '2|***', '***|9']);
    expect(session.payload('rows').toString('latin1')).not.toContain('hush');
  });

  it('asks for the description itself where the client does not, and hides the answer', async () => {
    const { client } = await raw(masking);
    client.send(parse({ name: 's', text: 'SELECT secret, id FROM people WHERE id = $1 /* mask */' }), sync());
    expect(await client.answer()).toBe('1 Z:I');
    client.send(
      bind({ statement: 's', values: ['5'] }),
      execute(),
      bind({ statement: 's', values: ['6'] }),
      execute(),
      sync(),
    );
    expect(await values(client)).toEqual(['***|5', '***|6']);
    client.send(
      ask({ type: 'S', name: 's' }),
      bind({ statement: 's', values: ['7'] }),
      ask({ type: 'P' }),
      execute({ rows: 1 }),
      sync(),
    );
    expect(await client.answer()).toBe('t T 2 T D s Z:I');
  });

  it('masks portals read in portions, and results whose description takes time', async () => {
    const { client } = await raw(masking);
    client.send(
      parse({ text: 'SELECT secret FROM people /* mask */ /* slow */' }),
      bind(),
      execute({ rows: 2 }),
      execute({ rows: 1 }),
      sync(),
    );
    expect(await values(client)).toEqual(['***', '***', '***']);
    client.send(query('SELECT secret FROM people /* mask */ /* slow */'), query('SELECT 7'));
    expect(new Set(await values(client))).toEqual(new Set(['***']));
    expect(await values(client)).toEqual(['7']);
  });

  it('puts an error in place of a result that can not be masked, and goes on', async () => {
    const { client, session } = await raw(masking);
    client.send(query('SELECT secret FROM people /* unmaskable */'), query('SELECT 1'));
    expect(await client.answer()).toBe('E:42501 Z:I');
    expect(await client.answer()).toBe('T D C Z:I');
    const text = 'SELECT secret FROM people /* unmaskable */';
    client.send(
      parse({ text }),
      bind(),
      ask({ type: 'P' }),
      execute(),
      sync(),
      parse({ text: 'SELECT 2' }),
      bind(),
      execute(),
      sync(),
    );
    expect(await client.answer()).toBe('1 2 E:42501 Z:I');
    expect(await client.answer()).toBe('1 2 D C Z:I');
    client.send(parse({ text }), bind(), execute(), sync());
    expect(await client.answer()).toBe('1 2 E:42501 Z:I');
    client.send(parse({ text }), flush());
    expect((await client.next()).type).toBe('1');
    client.send(bind(), execute(), sync());
    expect(await client.answer()).toBe('E:42501 Z:I');
    expect(session.payload('rows').toString('latin1')).not.toContain('hush');
  });

  it('limits texts of errors and notices, and payloads of notifications', async () => {
    const { client } = await raw(masking);
    client.send(query("INSERT INTO people VALUES (1, 'x', 'y') /* details */"));
    const details = errorOf((await client.until('Z'))[0]?.frame ?? Buffer.alloc(0));
    expect([...details.keys()]).not.toContain('D');
    expect(details.get('M')).toContain('people_pkey');
    client.send(query('SELECT secret::int FROM people /* code */'));
    const code = errorOf((await client.until('E')).at(-1)?.frame ?? Buffer.alloc(0));
    expect(code.get('C')).toBe('22P02');
    expect(code.get('M')).not.toContain('hush');
    await client.until('Z');
    client.send(query("LISTEN news; NOTIFY news, 'hush'"));
    const heard = (await client.until('A')).at(-1)?.frame.toString('latin1');
    expect(heard).toContain('news');
    expect(heard).not.toContain('hush');
  });
});

describe('what ends a session', () => {
  it('is a change of how texts are read', async () => {
    for (const change of ["SET client_encoding = 'LATIN1'", 'SET standard_conforming_strings = off']) {
      const { client } = await raw();
      client.send(query(change));
      expect(errorOf((await client.until('E')).at(-1)?.frame ?? Buffer.alloc(0)).get('S')).toBe('FATAL');
    }
  });

  it('is a recording that fails: nothing that is not recorded gets through', async () => {
    const { client, session } = await connect();
    const { client: admin } = await connect();
    session.diskFull = true;
    await expect(client.query("INSERT INTO lines VALUES ('unrecorded')")).rejects.toMatchObject({
      code: '58030',
    });
    expect((await admin.query("SELECT 1 FROM lines WHERE line = 'unrecorded'")).rows).toEqual([]);
    await expect(listener.ends[listener.sessions.indexOf(session)]).resolves.toMatchObject({
      code: 'recording_failed',
    });
  });

  it('is the client that says goodbye', async () => {
    const { client, session } = await connect();
    await client.end();
    await expect(listener.ends[listener.sessions.indexOf(session)]).resolves.toMatchObject({
      code: 'client_closed',
    });
  });

  it('is a target that goes away', async () => {
    const { client, session } = await connect();
    const { client: admin } = await connect();
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    const gone = new Promise((resolve) => client.once('error', resolve));
    await admin.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    await expect(gone).resolves.toMatchObject({ code: '57P01' });
    await expect(listener.ends[listener.sessions.indexOf(session)]).resolves.toMatchObject({
      code: 'target_closed',
    });
  });
});

describe('startup', () => {
  it('declines encryption, and names the newest version and the options it does not know', async () => {
    const client = await RawPostgres.connect(listener.port);
    cleanups.push(() => client.close());
    client.send(serialize.requestSsl());
    await new Promise<void>((resolve) =>
      client.socket.once('data', (answer) => {
        expect(String(answer)).toBe('N');
        resolve();
      }),
    );
    const packet = serialize.startup({ user: 'alice', '_pq_.future': '1' });
    packet.writeInt32BE((3 << 16) | 9999, 4);
    client.send(packet);
    const messages = await client.until('Z');
    expect(messages[0]?.type).toBe('v');
    expect(messages[0]?.frame.readInt32BE(5)).toBe((3 << 16) | 2);
    expect(messages[0]?.frame.toString('latin1')).toContain('_pq_.future');
    expect(messages.find(({ type }) => type === 'K')?.frame.length).toBe(9 + 32);
  });

  it.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a length that can not be', Buffer.from([0, 0, 0, 3, 0, 3, 0, 0])],
    ['protocol 2', Buffer.from([0, 0, 0, 9, 0, 2, 0, 0, 0])],
    ['no user', Buffer.from([0, 0, 0, 9, 0, 3, 0, 0, 0])],
  ])('refuses %s, without asking for the credential', async (_what, packet) => {
    const client = await RawPostgres.connect(listener.port);
    cleanups.push(() => client.close());
    client.send(packet);
    const { frame } = await client.next();
    expect(errorOf(frame).get('S')).toBe('FATAL');
    expect(lastOf(listener).credentials).toBe(0);
  });

  it('names the right database to those who ask for another', async () => {
    const { pathname } = new URL(database.url);
    await expect(connect(listener, { database: 'other' })).rejects.toMatchObject({
      code: '3D000',
      message: expect.stringContaining(pathname.slice(1)),
    });
    cleanups.length = 0;
  });

  it('keeps parseMessage usable for names of any length', () => {
    expect(parseMessage('n'.repeat(100), 'x').length).toBe(5 + 101 + 2 + 2);
  });
});
