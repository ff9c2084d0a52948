import fc from 'fast-check';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import {
  credentialOf,
  listenPostgres,
  type PostgresListener,
} from '../../../../test/support/postgres-listener.ts';
import { RawPostgres, describe as summary } from '../../../../test/support/raw-postgres.ts';

const { parse, bind, describe: ask, execute, sync, query, flush, close, copyData, copyDone } = serialize;

/** What is said on both ways: through the gateway, and to the database itself. */
const name = fc.constantFrom('', 'a', 'b');
const text = fc.constantFrom(
  'SELECT 1 AS one',
  'SELECT n FROM generate_series(1, 5) n',
  'BEGIN',
  'COMMIT',
  'SELECT 1/0',
  'syntax error',
  '',
  'SAVEPOINT s',
  'SELECT secret FROM (VALUES (NULL::text), (NULL)) v (secret) /* mask */',
  'INSERT INTO things VALUES (1) RETURNING n',
);
const message = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(name, text).map(([n, t]) => parse({ name: n, text: t })) },
  { weight: 6, arbitrary: fc.tuple(name, name).map(([portal, statement]) => bind({ portal, statement })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('S' as const, 'P' as const), name)
      .map(([type, n]) => ask({ type, name: n })),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(name, fc.constantFrom(0, 2)).map(([portal, rows]) => execute({ portal, rows })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('S' as const, 'P' as const), name)
      .map(([type, n]) => close({ type, name: n })),
  },
  { weight: 4, arbitrary: fc.constant(sync()) },
  { weight: 1, arbitrary: fc.constant(flush()) },
  { weight: 2, arbitrary: text.map((t) => query(t)) },
  {
    weight: 1,
    arbitrary: fc.constant(
      Buffer.concat([query('COPY things FROM STDIN'), copyData(Buffer.from('7\n')), copyDone()]),
    ),
  },
);

const MARKER = query("SELECT 'the end'");

/** Types, codes and states of all that comes back. */
async function answers(client: RawPostgres, messages: readonly Buffer[]): Promise<string[]> {
  client.send(...messages, sync(), query('ROLLBACK'), MARKER);
  const answer: string[] = [];
  for (;;) {
    const next = await client.next();
    // NOTICE and WARNING aside, since they carry nothing here.
    answer.push(next.type === 'C' ? `C:${next.frame.toString('latin1', 5)}` : summary(next));
    if (next.type === 'D' && next.frame.includes('the end')) {
      await client.until('Z');
      return answer;
    }
  }
}

describe('a client of the gateway', () => {
  let database: TestDatabase;
  let listener: PostgresListener;
  const credential = () => credentialOf(database.url);

  beforeAll(async () => {
    database = await createTestDatabase();
    listener = await listenPostgres(credential());
    const setup = await RawPostgres.ready(credential().port, credential());
    setup.send(query('CREATE TABLE things (n int)'));
    await setup.until('Z');
    setup.close();
  });

  afterAll(async () => {
    await listener?.close();
    await database?.drop();
  });

  it('hears what the database itself would answer, whatever it sends in whatever order', {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 25 }), async (messages) => {
        const { port, ...account } = credential();
        const direct = await RawPostgres.ready(port, account);
        const through = await RawPostgres.ready(listener.port);
        try {
          // A name that could mean two statements or portals ends the session by design; all else must be alike.
          const expected = await answers(direct, messages);
          const outcome = await answers(through, messages).catch((error: Error) => error.message);
          if (typeof outcome === 'string' && listener.sessions.length > 0) {
            fc.pre(!takesANameTwice(messages));
          }
          expect(outcome).toEqual(expected);
        } finally {
          direct.close();
          through.close();
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Whether two Parse, or two Bind, messages give the same name (or none, which is one too); it is the first thing in both. */
function takesANameTwice(messages: readonly Buffer[]): boolean {
  const names = messages
    .filter((message) => message[0] === 0x50 || message[0] === 0x42)
    .map(
      (message) => message.toString('latin1', 0, 1) + message.toString('latin1', 5, message.indexOf(0, 5)),
    );
  return new Set(names).size < names.length;
}
