import { type Kysely, sql } from 'kysely';

/**
 * What the audit log is asked for: the resource an event is about, who did what to what in sessions, and which gateways
 * there are. Events that were written before get their resource too; nothing else of them is touched.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table audit_events add column resource text`.execute(db);
  await sql`alter table audit_events disable trigger audit_events_are_final`.execute(db);
  await sql`
    update audit_events e set resource = coalesce(
      (select r.resource from access_requests r where r.id = e.subject),
      (select g.resource from grants g where g.id = e.subject),
      (select s.resource from sessions s where s.id = e.subject),
      substring(e.subject from '^Resource/(.*)$'))`.execute(db);
  await sql`alter table audit_events enable trigger audit_events_are_final`.execute(db);
  await sql`create index audit_events_by_resource on audit_events (resource, at desc, id desc)`.execute(db);
  await sql`create index audit_events_by_actor on audit_events ((actor ->> 'name'), at desc, id desc)`.execute(
    db,
  );
  await sql`create index audit_events_by_kind on audit_events (split_part(action, '.', 1), at desc, id desc)`.execute(
    db,
  );

  await sql`
    create table session_uses (
      session_id text not null references sessions (id),
      minute timestamptz not null,
      key text not null,
      user_id text not null references users (id),
      resource text not null,
      action text not null,
      object text,
      table_name text,
      decision text not null check (decision in ('allow', 'deny')),
      policies text[] not null,
      reviews text[] not null,
      count bigint not null check (count > 0),
      first_at timestamptz not null,
      last_at timestamptz not null,
      primary key (session_id, minute, key)
    )`.execute(db);
  await sql`create index session_uses_by_time on session_uses (first_at desc, session_id desc, key desc)`.execute(
    db,
  );
  await sql`create index session_uses_by_resource on session_uses (resource, first_at desc)`.execute(db);
  await sql`create index session_uses_by_user on session_uses (user_id, first_at desc)`.execute(db);
  await sql`create index session_uses_by_table on session_uses (table_name, first_at desc)
    where table_name is not null`.execute(db);
  await sql`create index session_uses_by_object on session_uses (object, first_at desc)
    where object is not null`.execute(db);

  await sql`
    create table gateways (
      id text primary key,
      name text not null,
      host text not null,
      version text not null,
      started_at timestamptz not null,
      seen_at timestamptz not null,
      stopped_at timestamptz
    )`.execute(db);
  await sql`create index request_targets_further on request_targets (resource) where position > 0`.execute(
    db,
  );
}
