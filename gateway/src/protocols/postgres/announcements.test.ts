import { Client } from 'pg';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import {
  credentialOf,
  listenPostgres,
  type PostgresListener,
} from '../../../../test/support/postgres-listener.ts';
import { RawPostgres } from '../../../../test/support/raw-postgres.ts';
import { TestSession } from '../../../../test/support/test-session.ts';
import { createAnalysis } from './analysis/create-analysis.ts';

let database: TestDatabase;
let listener: PostgresListener;

beforeAll(async () => {
  database = await createTestDatabase();
  const admin = new Client(database.url);
  await admin.connect();
  await admin.query('create table people (id int, ssn text); insert into people values (1, $$900-11-2222$$)');
  await admin.end();
  const rule = { rule: 'pii', schema: 'public', table: 'people', column: 'ssn', mask: 'last4' } as const;
  listener = await listenPostgres(credentialOf(database.url), {
    analyze: (session, catalogQuery) => createAnalysis({ session, catalogQuery }),
    session: (target) => new TestSession(target, { rules: [rule] }),
  });
});
afterAll(async () => {
  await listener?.close();
  await database?.drop();
});

/** ParameterStatus messages of ours up to ReadyForQuery, and the types of all messages. */
async function announced(client: RawPostgres): Promise<{ types: string; told: [string, string][] }> {
  const messages = await client.until('Z');
  const told = messages
    .filter(({ type }) => type === 'S')
    .map(({ frame }) => frame.subarray(5, -1).toString().split('\0') as [string, string])
    .filter(([name]) => name.startsWith('drawbridge.'));
  return { types: messages.map(({ type }) => type).join(''), told };
}

async function connect(parameters: Record<string, string>): Promise<RawPostgres> {
  const client = await RawPostgres.connect(listener.port);
  client.send(serialize.startup({ user: 'alice', ...parameters }));
  return client;
}

it('tells a client that asks for it its session and the masked columns of each result', async () => {
  const client = await connect({ '_pq_.drawbridge': '1' });
  const start = await announced(client);
  expect(start.told).toEqual([['drawbridge.session', expect.stringMatching(/^ses_/)]]);
  // The option is understood, so there is nothing to negotiate.
  expect(start.types).not.toContain('v');

  client.send(serialize.query('select id, ssn as number from people'));
  const masked = await announced(client);
  expect(masked.types).toMatch(/^ST/);
  expect(masked.told.map(([name, value]) => [name, JSON.parse(value)])).toEqual([
    ['drawbridge.masks', [{ index: 1, rule: 'pii', mask: 'last4', column: 'public.people.ssn' }]],
  ]);

  client.send(serialize.query('select id from people'));
  expect((await announced(client)).told).toEqual([['drawbridge.masks', '[]']]);
  client.send(serialize.query('select id from people'));
  expect((await announced(client)).told).toEqual([]);
  client.socket.destroy();
});

it('tells nothing to clients that do not ask', async () => {
  const client = await connect({});
  expect((await announced(client)).told).toEqual([]);
  client.send(serialize.query('select ssn from people'));
  expect((await announced(client)).told).toEqual([]);
  client.socket.destroy();
});

it('negotiates an option value that it does not know', async () => {
  const client = await connect({ '_pq_.drawbridge': '2' });
  const start = await announced(client);
  expect(start.types).toMatch(/^v/);
  expect(start.told).toEqual([]);
  client.socket.destroy();
});
