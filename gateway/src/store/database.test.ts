import { type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { storeCable } from '../../../test/support/store-cable.ts';
import { type Database, openDatabase } from './database.ts';
import { migrations } from './migrations/index.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

async function within<T>(use: (db: Kysely<Database>) => Promise<T>): Promise<T> {
  const { db, close } = await openDatabase(database.url);
  try {
    return await use(db);
  } finally {
    await close();
  }
}

describe('openDatabase', () => {
  it('brings the schema up to date once, however many gateways start together', async () => {
    const opened = await Promise.all(Array.from({ length: 6 }, () => openDatabase(database.url)));
    await Promise.all(opened.map(({ close }) => close()));
    const applied = await within((db) =>
      sql<{ name: string }>`select name from kysely_migration order by name`.execute(db),
    );
    expect(applied.rows.map((row) => row.name)).toEqual(Object.keys(migrations));
  });

  it('keeps what is there on the next start', async () => {
    await within((db) =>
      db
        .insertInto('documents')
        .values({ kind: 'Policy', name: 'p', body: '{}', sealed_secrets: '{}' })
        .execute(),
    );
    expect(await within((db) => db.selectFrom('documents').select('name').execute())).toEqual([
      { name: 'p' },
    ]);
  });

  it('reads times as Date, to the millisecond', async () => {
    const at = new Date('2026-03-29T01:30:00.123Z');
    await within(async (db) => {
      await db
        .insertInto('documents')
        .values({ kind: 'Policy', name: 'p', body: '{}', sealed_secrets: '{}', updated_at: at })
        .execute();
      expect(await db.selectFrom('documents').select('updated_at').executeTakeFirstOrThrow()).toEqual({
        updated_at: at,
      });
    });
  });

  it('outlives a connection that breaks in the middle of a query', async () => {
    const cable = await storeCable(database.url);
    const { db, close } = await openDatabase(cable.url);
    try {
      const broken = expect(sql`select pg_sleep(30)`.execute(db)).rejects.toThrow(/terminated/);
      await within((other) =>
        expect
          .poll(async () => {
            const { rows } = await sql`
              select from pg_stat_activity where state = 'active' and query = 'select pg_sleep(30)'`.execute(
              other,
            );
            return rows.length;
          })
          .toBe(1),
      );
      cable.cut();
      cable.mend();
      await broken;
      expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
    } finally {
      await close();
      await cable.close();
    }
  });

  it('refuses a store that a later release made, and leaves it alone', async () => {
    await within((db) =>
      sql`insert into kysely_migration values ('9999-future', '2030-01-01T00:00:00Z')`.execute(db),
    );
    await expect(openDatabase(database.url)).rejects.toMatchObject({
      code: 'newer',
      message: expect.stringContaining('9999-future'),
    });
  });

  it('says where the store is out of reach, without the password', async () => {
    const url = new URL(database.url);
    url.password = 'not-the-password';
    const failure: unknown = await openDatabase(url.href).catch((error) => error);
    expect(failure).toMatchObject({ code: 'unreachable', message: expect.stringContaining(url.port) });
    expect(String(failure)).not.toContain('not-the-password');
  });

  it('changes nothing when it may not create tables', async () => {
    await within((db) => sql`create role weak login password 'weak'`.execute(db)).catch(() => undefined);
    const other = await createTestDatabase();
    try {
      const url = new URL(other.url);
      url.username = 'weak';
      url.password = 'weak';
      await expect(openDatabase(url.href)).rejects.toMatchObject({ code: 'migration_failed' });
    } finally {
      await other.drop();
      await within((db) => sql`drop role weak`.execute(db));
    }
  });
});
