import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import {
  credentialOf,
  listenPostgres,
  type PostgresListener,
} from '../../../../test/support/postgres-listener.ts';
import type { Question } from '../../../../test/support/reviewers.ts';

/** Text of a statement that needs approval. */
const held = (text: string): string => `${text} /* hold */`;

let database: TestDatabase;
let listener: PostgresListener;
let admin: Client;
let folder: string;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-held-'));
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
  await rm(folder, { recursive: true, force: true });
});

const orders = async (): Promise<number> =>
  (await admin.query<{ n: number }>('SELECT count(*)::int AS n FROM orders')).rows[0]?.n ?? -1;

/** A program on its way, with what it said so far. */
function start(program: string, args: readonly string[]) {
  const child: ChildProcess = spawn(program, args, {
    env: {
      ...process.env,
      PGHOST: '127.0.0.1',
      PGPORT: String(listener.port),
      PGUSER: 'alice',
      PGDATABASE: 'orders-db',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  cleanups.push(() => child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, said, ended };
}

/** The next question of the sessions that are accepted from here on: some programs open one before the one they use. */
function questions(): () => Promise<Question> {
  const first = listener.sessions.length;
  const seen = new Set<Question>();
  return async () => {
    const next = () =>
      listener.sessions
        .slice(first)
        .flatMap(({ reviewers }) => reviewers.questions)
        .find((question) => !seen.has(question));
    await expect.poll(next, { timeout: 10_000 }).toBeDefined();
    const question = next();
    if (question === undefined) throw new Error('no question');
    seen.add(question);
    return question;
  };
}

describe('psql', () => {
  it('shows that its statement is held, and goes on once it is approved', async () => {
    const next = questions();
    const { said, ended } = start('psql', [
      '-X',
      '-c',
      held('DELETE FROM orders WHERE id = 1'),
      '-c',
      'SELECT 2',
    ]);
    const { asked, approve } = await next();
    await expect.poll(() => said.stderr).toContain('HINT:  Ctrl-C withdraws it.');
    expect(said.stderr).toMatch(
      new RegExp(`^NOTICE: {2}drawbridge: held for approval of dba \\(${asked.id}\\)\\nDETAIL: {2}`),
    );
    approve();
    expect(await ended).toBe(0);
    expect(said.stdout).toContain('DELETE 1');
    expect(await orders()).toBe(9);
  });

  it('shows why it was denied, and withdraws with Ctrl-C', async () => {
    const next = questions();
    const script = join(folder, 'held.sql');
    await writeFile(
      script,
      `${held('DELETE FROM orders')};\n${held('DELETE FROM orders')};\nSELECT 'still here';\n`,
    );
    const { child, said, ended } = start('psql', ['-X', '-At', '-f', script]);
    (await next()).deny('use the archive job');
    const second = await next();
    await expect.poll(() => said.stderr.split('Ctrl-C').length).toBe(3);
    child.kill('SIGINT');
    await expect.poll(second.state).toBe('withdrawn');
    await ended;
    expect(said.stderr).toContain('ERROR:  drawbridge: Bob denied it: use the archive job');
    expect(said.stderr).toContain('canceling statement due to user request');
    expect(await orders()).toBe(10);
  });
});

describe('a pool of node-postgres', () => {
  it('goes on with its other connections, and after a denial', async () => {
    const pool = new Pool({ host: '127.0.0.1', port: listener.port, user: 'alice', max: 2 });
    cleanups.push(() => pool.end());
    const next = questions();
    const deleted = pool
      .query(held('DELETE FROM orders WHERE id = $1'), [4])
      .catch((error: unknown) => error);
    const question = await next();
    expect(question.held.parameters).toEqual(['4']);
    const others = await Promise.all([1, 2, 3].map((n) => pool.query('SELECT $1::int AS n', [n])));
    expect(others.map(({ rows }) => rows[0]?.n)).toEqual([1, 2, 3]);
    question.deny('no');
    expect(await deleted).toMatchObject({ code: '42501' });
    expect((await pool.query('SELECT count(*)::int AS n FROM orders')).rows).toEqual([{ n: 10 }]);
  });
});

describe('postgres.js', () => {
  it('pipelines around what is held, in order', async () => {
    const next = questions();
    const sql = postgres({
      host: '127.0.0.1',
      port: listener.port,
      user: 'alice',
      max: 1,
      fetch_types: false,
    });
    cleanups.push(() => sql.end());
    const done: string[] = [];
    const all = [
      sql`SELECT count(*)::int AS n FROM orders`.then(([row]) => done.push(`before ${row?.n}`)),
      sql`DELETE FROM orders WHERE id > ${7} /* hold */`.then(({ count }) => done.push(`deleted ${count}`)),
      sql`SELECT count(*)::int AS n FROM orders`.then(([row]) => done.push(`after ${row?.n}`)),
    ];
    const { held: shown, approve } = await next();
    expect(shown.parameters).toEqual(['7']);
    expect(done).toEqual(['before 10']);
    approve();
    await Promise.all(all);
    expect(done).toEqual(['before 10', 'deleted 3', 'after 7']);
  });
});

describe('pgbench', () => {
  it.each(['simple', 'extended', 'prepared'])(
    'holds each run of its script with the %s protocol',
    async (mode) => {
      const next = questions();
      const script = join(folder, `${mode}.sql`);
      await writeFile(
        script,
        "SELECT 1;\n\\set id random(1, 10)\nUPDATE orders SET state = 'x' WHERE id = :id /* hold */;\n",
      );
      const { said, ended } = start('pgbench', ['-n', '-M', mode, '-t', '2', '-f', script]);
      for (let time = 0; time < 2; time += 1) (await next()).approve();
      expect(await ended).toBe(0);
      expect(said.stdout).toContain('number of transactions actually processed: 2/2');
    },
  );

  it('holds within a pipeline', async () => {
    const next = questions();
    const script = join(folder, 'pipeline.sql');
    const update = (id: number) => `UPDATE orders SET state = 'p' WHERE id = ${id}`;
    await writeFile(
      script,
      `\\startpipeline\n${update(1)};\n${update(2)} /* hold */;\nSELECT 3;\n\\endpipeline\n`,
    );
    const { said, ended } = start('pgbench', ['-n', '-M', 'extended', '-t', '1', '-f', script]);
    (await next()).approve();
    expect(await ended).toBe(0);
    expect(said.stdout).toContain('number of transactions actually processed: 1/1');
    expect((await admin.query("SELECT id FROM orders WHERE state = 'p' ORDER BY id")).rows).toEqual([
      { id: 1 },
      { id: 2 },
    ]);
  });
});
