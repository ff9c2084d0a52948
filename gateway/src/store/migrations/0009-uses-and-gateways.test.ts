import { Kysely, Migrator, PostgresDialect, sql } from 'kysely';
import { Pool } from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { migrations } from './index.ts';

let database: TestDatabase;
let db: Kysely<unknown>;
beforeEach(async () => {
  database = await createTestDatabase();
  db = new Kysely({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: database.url }) }) });
});
afterEach(async () => {
  await db.destroy();
  await database.drop();
});

it('finds the resource of events that were written before, and changes nothing else of them', async () => {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  expect((await migrator.migrateTo('0005-ssh-keys')).error).toBeUndefined();
  await sql`
    insert into users (id, provider, subject, name, display_name, groups, created_at, signed_in_at)
      values ('usr_1', 'idp', '1', 'alice', 'Alice', '{}', now(), now())`.execute(db);
  await sql`
    insert into access_requests (id, user_id, resource, protocol, labels, profile, duration, reason, state, needs,
        review_groups, created_at, expires_at)
      values ('req_1', 'usr_1', 'orders-db', 'postgres', '{}', 'read', 60, 'x', 'pending', '[]', '{}', now(), now())`.execute(
    db,
  );
  await sql`
    insert into audit_events (id, at, action, subject, reason, details) values
      ('aud_1', '2026-01-01', 'request.created', 'req_1', 'x', '{"n": 1}'),
      ('aud_2', '2026-01-02', 'document.created', 'Resource/orders-copy', null, '{}'),
      ('aud_3', '2026-01-03', 'document.created', 'Policy/orders-db', null, '{}')`.execute(db);
  const events = () =>
    sql`select id, at, actor, action, subject, reason, details from audit_events order by id`;
  const { rows: before } = await events().execute(db);
  expect((await migrator.migrateToLatest()).error).toBeUndefined();
  expect((await events().execute(db)).rows).toEqual(before);
  expect((await sql`select resource from audit_events order by id`.execute(db)).rows).toEqual([
    { resource: 'orders-db' },
    { resource: 'orders-copy' },
    { resource: null },
  ]);
  await expect(sql`update audit_events set resource = 'x'`.execute(db)).rejects.toThrow('never changed');
});
