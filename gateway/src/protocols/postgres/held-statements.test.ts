import { Client } from 'pg';
import { serialize } from 'pg-protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import {
  credentialOf,
  listenPostgres,
  type PostgresListener,
} from '../../../../test/support/postgres-listener.ts';
import { errorOf, RawPostgres } from '../../../../test/support/raw-postgres.ts';
import { cancelRequest } from './codec/frontend-messages.ts';

const { parse, bind, describe: ask, execute, sync, query } = serialize;
/** Text of a statement that needs approval. */
const held = (text: string): string => `${text} /* hold */`;

let database: TestDatabase;
let listener: PostgresListener;
let admin: Client;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  listener = await listenPostgres(credentialOf(database.url));
  admin = new Client(database.url);
  await admin.connect();
});

beforeEach(async () => {
  await admin.query('DROP TABLE IF EXISTS orders; CREATE TABLE orders (id int PRIMARY KEY, state text)');
  await admin.query("INSERT INTO orders SELECT n, 'open' FROM generate_series(1, 10) n");
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  await admin?.end();
  await listener?.close();
  await database?.drop();
});

async function raw(to = listener) {
  const client = await RawPostgres.ready(to.port);
  cleanups.push(() => client.close());
  return { client, ...lastOf(to) };
}

async function pg(to = listener) {
  const client = new Client({ host: '127.0.0.1', port: to.port, user: 'alice' });
  client.on('error', () => undefined);
  cleanups.push(() => client.end());
  await client.connect();
  return { client, ...lastOf(to) };
}

function lastOf({ sessions, ends }: PostgresListener) {
  const session = sessions.at(-1);
  const end = ends.at(-1);
  if (session === undefined || end === undefined) throw new Error('no session yet');
  return { session, end, reviewers: session.reviewers };
}

const orders = async (): Promise<number> =>
  (await admin.query<{ n: number }>('SELECT count(*)::int AS n FROM orders')).rows[0]?.n ?? -1;

/** Locks on a table that somebody holds. */
const locks = async (table: string): Promise<number> =>
  (
    await admin.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM pg_locks WHERE relation = $1::regclass AND pid <> pg_backend_pid()',
      [table],
    )
  ).rows[0]?.n ?? -1;

describe('a simple query', () => {
  it('waits, with a notice, and runs once it is approved', async () => {
    const { client, session, reviewers } = await raw();
    client.send(query(held('DELETE FROM orders WHERE id = 1')));
    const [notice] = await client.until('N');
    const fields = errorOf(notice?.frame ?? Buffer.alloc(0));
    const { asked, held: shown, approve } = await reviewers.next();
    expect(fields.get('S')).toBe('NOTICE');
    expect(fields.get('C')).toBe('00000');
    expect(fields.get('M')).toBe(`drawbridge: held for approval of dba (${asked.id})`);
    expect(fields.get('D')).toContain('12:35:10 UTC');
    expect(fields.get('H')).toBe('Ctrl-C withdraws it.');
    expect(shown).toMatchObject({ kind: 'statement', text: held('DELETE FROM orders WHERE id = 1') });
    expect(await orders()).toBe(10);
    expect(session.events('statement')).toEqual([]);

    approve();
    expect(await client.answer()).toBe('C Z:I');
    expect(await orders()).toBe(9);
    expect(session.events('statement')).toMatchObject([{ decision: 'allow', review: asked.id }]);
    expect(session.uses).toMatchObject([{ answer: { verdict: 'allow', review: asked.id } }]);
  });

  it('tells how the glass is broken where that may be', async () => {
    const { client, reviewers } = await raw();
    reviewers.breakable = true;
    client.send(query(held('DELETE FROM orders')));
    const [notice] = await client.until('N');
    const { asked } = await reviewers.next();
    expect(errorOf(notice?.frame ?? Buffer.alloc(0)).get('H')).toContain(
      `drawbridge break-glass ${asked.id}`,
    );
  });

  it('fails with the reason where it is denied, and the connection lives on', async () => {
    const { client, session, reviewers } = await pg();
    const deleted = client.query(held('DELETE FROM orders')).catch((error: unknown) => error);
    (await reviewers.next()).deny('not without a backup');
    expect(await deleted).toMatchObject({
      code: '42501',
      message: 'drawbridge: Bob denied it: not without a backup',
    });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(await orders()).toBe(10);
    expect(session.events('statement')[0]).toMatchObject({
      decision: 'deny',
      reason: 'Bob denied it: not without a backup',
    });
  });

  it('fails where nobody decides in time', async () => {
    const { client, reviewers } = await pg();
    const deleted = client.query(held('DELETE FROM orders')).catch((error: unknown) => error);
    (await reviewers.next()).expire();
    expect(await deleted).toMatchObject({ code: '42501', message: 'drawbridge: nobody decided in time' });
  });

  it('is held as a whole where it has several statements', async () => {
    const { client, reviewers } = await pg();
    const text = held('UPDATE orders SET state = $$x$$; DELETE FROM orders WHERE id < 4; SELECT 1');
    const ran = client.query(text);
    const { held: shown, approve } = await reviewers.next();
    expect(shown.text).toBe(text);
    expect(await orders()).toBe(10);
    approve();
    expect(await ran).toHaveLength(3);
    expect(await orders()).toBe(7);
    expect(reviewers.questions).toHaveLength(1);
  });

  it('leaves a transaction as a failed statement does', async () => {
    const { client, reviewers } = await raw();
    client.send(query('BEGIN'));
    expect(await client.answer()).toBe('C Z:T');
    client.send(query(held('DELETE FROM orders')));
    (await reviewers.next()).deny('no');
    expect(await client.answer()).toBe('N E:42501 Z:E');
    client.send(query('SELECT 1'));
    expect(await client.answer()).toBe('E:25P02 Z:E');
    client.send(query('ROLLBACK'));
    expect(await client.answer()).toBe('C Z:I');
  });

  it('asks nobody in a transaction that has failed', async () => {
    const { client, reviewers } = await raw();
    client.send(query('BEGIN'), query('SELECT 1/0'), query(held('DELETE FROM orders')));
    await client.answer();
    expect(await client.answer()).toMatch(/E:22012 Z:E$/);
    expect(await client.answer()).toBe('E:25P02 Z:E');
    expect(reviewers.questions).toEqual([]);
    client.send(query(held('ROLLBACK; DELETE FROM orders WHERE id = 1')));
    (await reviewers.next()).approve();
    expect(await client.answer()).toBe('N C C Z:I');
    expect(await orders()).toBe(9);
  });

  it('asks anew each time', async () => {
    const { client, reviewers } = await raw();
    for (let time = 0; time < 2; time += 1) {
      client.send(query(held('SELECT 1')));
      (await reviewers.next()).approve();
      expect(await client.answer()).toBe('N T D C Z:I');
    }
    const [one, other] = reviewers.questions;
    expect(one?.held.exact).toBe(other?.held.exact);
    expect(reviewers.questions).toHaveLength(2);
  });

  it('lets what is sent behind it wait', async () => {
    const { client, reviewers } = await raw();
    client.send(query('SELECT 1'), query(held('DELETE FROM orders WHERE id = 2')), query('SELECT 2'));
    expect(await client.answer()).toBe('T D C Z:I');
    (await reviewers.next()).approve();
    expect(await client.answer()).toBe('N C Z:I');
    expect(await client.answer()).toBe('T D C Z:I');
  });

  it('keeps no more than a bound of what is sent behind it', async () => {
    const { client, reviewers } = await raw();
    client.send(query(held('SELECT 1')));
    const question = await reviewers.next();
    const filler = query(`SELECT '${'x'.repeat(60_000)}'`);
    let sent = 0;
    // The gateway's and the system's buffers take some; then the socket says stop.
    while (client.socket.write(filler)) sent += filler.length;
    expect(client.socket.writableNeedDrain).toBe(true);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
    question.approve();
    expect(await client.answer()).toBe('N T D C Z:I');
    expect(await client.answer()).toBe('T D C Z:I');
  });
});

describe('a prepared statement', () => {
  const DELETE = held('DELETE FROM orders WHERE id = $1');

  it('is held when it is bound, with its parameters, each time', async () => {
    const { client, session, reviewers } = await raw();
    client.send(parse({ name: 's', text: DELETE, types: [23] }), ask({ type: 'S', name: 's' }), sync());
    expect(await client.answer()).toBe('1 t n Z:I');
    expect(reviewers.questions).toEqual([]);
    for (const id of ['3', '4']) {
      client.send(bind({ statement: 's', values: [id] }), execute(), sync());
      const { held: shown, approve } = await reviewers.next();
      expect(shown.parameters).toEqual([id]);
      approve();
      expect(await client.answer()).toBe('N 2 C Z:I');
    }
    expect(await orders()).toBe(8);
    const [one, other] = reviewers.questions;
    expect(one?.held.exact).not.toBe(other?.held.exact);
    expect(session.events('statement')).toMatchObject([{ mode: 'prepare', decision: 'allow' }]);
    expect(session.events('execute')).toMatchObject([
      { parameters: ['3'], review: one?.asked.id },
      { parameters: ['4'], review: other?.asked.id },
    ]);
    expect(session.uses.map(({ answer }) => answer.review)).toEqual([one?.asked.id, other?.asked.id]);
  });

  it('is shown with values that people can read, also where they are sent as bytes', async () => {
    const { client, reviewers } = await raw();
    const shown = async () => {
      const question = await reviewers.next();
      question.deny('no');
      await client.answer();
      return question.held.parameters;
    };
    const five = Buffer.from([0, 0, 0, 5]);
    client.send(parse({ text: DELETE, types: [23] }), bind({ values: [five] }), execute(), sync());
    expect(await shown()).toEqual(['5']);
    client.send(parse({ text: DELETE }), ask({ type: 'S' }), sync());
    await client.answer();
    client.send(bind({ values: [five] }), execute(), sync());
    expect(await shown()).toEqual(['5']);
    client.send(parse({ text: DELETE }), bind({ values: [five] }), execute(), sync());
    expect(await shown()).toEqual(['\\x00000005']);
  });

  it('means its parameters, their types and their formats', async () => {
    const { client, reviewers } = await raw();
    const exact = async (types: number[], bound: Parameters<typeof bind>[0]) => {
      client.send(parse({ text: DELETE, types }), bind(bound), execute(), sync());
      const question = await reviewers.next();
      question.deny('no');
      await client.answer();
      return question.held.exact;
    };
    const all = [
      await exact([], { values: ['5'] }),
      await exact([23], { values: ['5'] }),
      await exact([20], { values: ['5'] }),
      await exact([23], { values: [null] }),
      await exact([23], { values: [Buffer.from([0, 0, 0, 5])] }),
      await exact([23], { values: ['5'], binary: true }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('that is denied skips to Sync', async () => {
    const { client, session, reviewers } = await raw();
    client.send(
      parse({ text: DELETE, types: [23] }),
      bind({ values: ['5'] }),
      ask({ type: 'P' }),
      execute(),
      parse({ text: 'SELECT 1' }),
      bind(),
      execute(),
      sync(),
      query('SELECT 2'),
    );
    const { asked, deny } = await reviewers.next();
    deny('no');
    expect(await client.answer()).toBe('1 N E:42501 Z:I');
    expect(await client.answer()).toBe('T D C Z:I');
    expect(session.events('execute')[0]).toMatchObject({
      ...{ parameters: ['5'], decision: 'deny', reason: 'Bob denied it: no', review: asked.id },
    });
  });

  it('is one run where its portal is read in portions', async () => {
    const { client, session, reviewers } = await raw();
    client.send(query('BEGIN'));
    await client.answer();
    client.send(
      parse({ text: held('SELECT id FROM orders') }),
      bind({ portal: 'c' }),
      execute({ portal: 'c', rows: 4 }),
      sync(),
    );
    (await reviewers.next()).approve();
    expect(await client.answer()).toBe('1 N 2 D D D D s Z:T');
    client.send(execute({ portal: 'c', rows: 4 }), sync());
    expect(await client.answer()).toBe('D D D D s Z:T');
    client.send(execute({ portal: 'c', rows: 4 }), sync());
    expect(await client.answer()).toBe('D D C Z:T');
    expect(reviewers.questions).toHaveLength(1);
    expect(session.events('execute')).toHaveLength(1);
  });

  it('has to be run within minutes of its approval', async () => {
    const clock = new ManualClock();
    const other = await listenPostgres(credentialOf(database.url), { clock });
    cleanups.push(() => other.close());
    const { client, session, reviewers } = await raw(other);
    client.send(query('BEGIN'));
    await client.answer();
    client.send(parse({ text: held('SELECT 1') }), bind({ portal: 'c' }), sync());
    (await reviewers.next()).approve();
    expect(await client.answer()).toBe('1 N 2 Z:T');
    clock.advance(6 * 60_000);
    client.send(execute({ portal: 'c' }), sync());
    expect(await client.answer()).toBe('E:42501 Z:E');
    expect(session.events('execute')).toMatchObject([{ decision: 'deny' }]);
  });

  it('is held with nothing locked at the target', async () => {
    const { client, reviewers } = await raw();
    client.send(parse({ text: DELETE, types: [23] }), bind({ values: ['6'] }), execute(), sync());
    const { approve } = await reviewers.next();
    expect(await locks('orders')).toBe(0);
    approve();
    expect(await client.answer()).toBe('1 N 2 C Z:I');
    expect(await orders()).toBe(9);
  });

  it('in the middle of a pipeline waits for what came before, and takes none of it away', async () => {
    const { client, reviewers } = await raw();
    const run = (text: string, id: string) => [
      parse({ text, types: [23] }),
      bind({ values: [id] }),
      execute(),
    ];
    client.send(...run('UPDATE orders SET state = $$x$$ WHERE id = $1', '7'), ...run(DELETE, '8'), sync());
    const { deny } = await reviewers.next();
    deny('no');
    expect(await client.answer()).toBe('1 2 C 1 N E:42501 Z:I');
    // All of a pipeline up to Sync is one transaction.
    expect((await admin.query("SELECT FROM orders WHERE state = 'x'")).rowCount).toBe(0);
    client.send(...run('UPDATE orders SET state = $$x$$ WHERE id = $1', '7'), ...run(DELETE, '8'), sync());
    (await reviewers.next()).approve();
    expect(await client.answer()).toBe('1 2 C 1 N 2 C Z:I');
    expect(await orders()).toBe(9);
  });

  it('is not asked about where something before it fails', async () => {
    const { client, reviewers } = await raw();
    client.send(
      parse({ text: 'SELECT 1/0' }),
      bind(),
      execute(),
      parse({ text: DELETE, types: [23] }),
      bind({ values: ['8'] }),
      execute(),
      sync(),
    );
    expect(await client.answer()).toBe('1 E:22012 Z:I');
    client.send(parse({ text: held('SELECT nothing FROM nowhere') }), bind(), execute(), sync());
    expect(await client.answer()).toBe('E:42P01 Z:I');
    expect(reviewers.questions).toEqual([]);
  });

  it('is held however short the patience of the target for a statement is', async () => {
    const { client, reviewers } = await raw();
    client.send(query("SET statement_timeout = '50ms'"));
    await client.answer();
    client.send(parse({ text: DELETE, types: [23] }), bind({ values: ['6'] }), execute(), sync());
    const { approve } = await reviewers.next();
    await admin.query('SELECT pg_sleep(0.2)');
    approve();
    expect(await client.answer()).toBe('1 N 2 C Z:I');
    expect(await orders()).toBe(9);
  });

  it("fails by the target's own timeout where that ran since its Parse, in a transaction that holds more", async () => {
    const { client, reviewers } = await raw();
    client.send(query("SET statement_timeout = '50ms'"));
    await client.answer();
    const run = (text: string, id: string) => [
      parse({ text, types: [23] }),
      bind({ values: [id] }),
      execute(),
    ];
    client.send(...run('UPDATE orders SET state = $$x$$ WHERE id = $1', '7'), ...run(DELETE, '8'), sync());
    const { approve } = await reviewers.next();
    await admin.query('SELECT pg_sleep(0.2)');
    approve();
    expect(await client.answer()).toBe('1 2 C 1 N E:57014 Z:I');
    client.send(query('SELECT 1'));
    expect(await client.answer()).toBe('T D C Z:I');
    expect(await orders()).toBe(10);
  });
});

describe('what is held', () => {
  it('is withdrawn when the client cancels', async () => {
    const { client, session, reviewers } = await raw();
    client.send(query(held('DELETE FROM orders')));
    const question = await reviewers.next();
    const canceller = await RawPostgres.connect(listener.port);
    cleanups.push(() => canceller.close());
    canceller.send(cancelRequest(client.processId, client.secret));
    expect(await client.answer()).toBe('N E:57014 Z:I');
    expect(question.state()).toBe('withdrawn');
    question.approve();
    client.send(query('SELECT 1'));
    expect(await client.answer()).toBe('T D C Z:I');
    expect(await orders()).toBe(10);
    expect(session.events('statement')[0]).toMatchObject({ decision: 'deny', review: question.asked.id });
    expect(session.events('cancel')).toHaveLength(1);
  });

  it('is withdrawn when the client leaves, and the recording says so', async () => {
    const { client, session, end, reviewers } = await raw();
    client.send(query(held('DELETE FROM orders')), query('SELECT 1'));
    const question = await reviewers.next();
    client.close();
    expect(await end).toMatchObject({ code: 'client_closed' });
    expect(question.state()).toBe('withdrawn');
    expect(session.events('review').map(({ state }) => state)).toEqual(['pending', 'withdrawn']);
    expect(session.events('statement')).toEqual([]);
    expect(await orders()).toBe(10);
  });

  it('ends with the session', async () => {
    const { client, session, end, reviewers } = await raw();
    client.send(query(held('DELETE FROM orders')));
    const question = await reviewers.next();
    session.end('grant_revoked', 'access to orders-db ended: revoked by Bob');
    expect((await client.until('E')).at(-1)?.type).toBe('E');
    expect(await end).toMatchObject({ code: 'grant_revoked' });
    expect(question.state()).toBe('withdrawn');
    question.approve();
    expect(await orders()).toBe(10);
  });

  it('is refused where what it touches changed meanwhile', async () => {
    const { client, reviewers } = await raw();
    let times = 0;
    const plan = listener.analysis.plan.bind(listener.analysis);
    listener.analysis.plan = (text) => {
      const planned = plan(text);
      if (planned instanceof Promise || !text.includes('hold')) return planned;
      times += 1;
      return { ...planned, actions: [{ name: 'sql.write', object: `public.orders${times}`, context: {} }] };
    };
    cleanups.push(() => {
      listener.analysis.plan = plan;
    });
    client.send(query(held('DELETE FROM orders')));
    (await reviewers.next()).approve();
    const messages = await client.until('Z');
    const error = messages.find(({ type }) => type === 'E');
    expect(errorOf(error?.frame ?? Buffer.alloc(0)).get('M')).toContain('changed while it was held');
    expect(await orders()).toBe(10);
  });

  it('is refused where policy changed meanwhile', async () => {
    const { client, reviewers } = await raw();
    client.send(query(held('DELETE FROM orders')));
    const question = await reviewers.next();
    listener.analysis.closed = true;
    cleanups.push(() => {
      listener.analysis.closed = false;
    });
    question.approve();
    expect(await client.answer()).toBe('N E:42501 Z:I');
    expect(await orders()).toBe(10);
  });

  it('keeps its client alive', async () => {
    const clock = new ManualClock();
    const other = await listenPostgres(credentialOf(database.url), { clock });
    cleanups.push(() => other.close());
    const { client, reviewers } = await raw(other);
    client.send(query(held('SELECT 1')));
    const { approve } = await reviewers.next();
    await client.until('N');
    for (let seconds = 0; seconds < 60; seconds += 5) {
      clock.advance(5_000);
      const { type, frame } = await client.next();
      expect(type).toBe('S');
      expect(frame.toString()).toContain('server_version\0');
    }
    approve();
    expect(await client.answer()).toBe('T D C Z:I');
    clock.advance(60_000);
    client.send(query('SELECT 1'));
    expect(await client.answer()).toBe('T D C Z:I');
  });

  it('is announced to a client that asks for announcements, in place of a notice', async () => {
    const client = await RawPostgres.connect(listener.port);
    cleanups.push(() => client.close());
    client.send(serialize.startup({ user: 'alice', '_pq_.drawbridge': '1' }));
    await client.until('Z');
    const { reviewers } = lastOf(listener);
    client.send(query(held('SELECT 1')));
    const { asked, approve } = await reviewers.next();
    approve();
    const messages = await client.until('Z');
    expect(messages.map(({ type }) => type).join('')).toBe('SSTDCZ');
    const values = messages.slice(0, 2).map(({ frame }) => frame.subarray(5, -1).toString().split('\0'));
    expect(values[0]?.[0]).toBe('drawbridge.held');
    expect(JSON.parse(values[0]?.[1] ?? '')).toEqual(asked);
    expect(values[1]).toEqual(['drawbridge.held', '']);
  });

  it('is its own session alone', async () => {
    const [one, other] = [await raw(), await raw()];
    one.client.send(query(held('DELETE FROM orders WHERE id = 1')));
    (await one.reviewers.next()).approve();
    expect(await one.client.answer()).toBe('N C Z:I');
    other.client.send(query(held('DELETE FROM orders WHERE id = 1')));
    (await other.reviewers.next()).deny('no');
    expect(await other.client.answer()).toBe('N E:42501 Z:I');
  });
});
