import { type Kysely, sql } from 'kysely';

/**
 * What is to be told beyond the app, written with the change that it tells of; the messages in Slack that stand for
 * requests; and which of Slack's own calls were taken, so that none is taken twice.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table users add column email_verified boolean not null default false`.execute(db);
  await sql`create index users_by_verified_email on users (lower(email)) where email_verified`.execute(db);

  await sql`
    create table notifications (
      seq bigint generated always as identity primary key,
      id text not null,
      endpoint text not null,
      type text not null,
      subject text not null,
      sealed_body text not null,
      occurred_at timestamptz not null,
      due_at timestamptz not null,
      attempts integer not null default 0,
      state text not null default 'pending' check (state in ('pending', 'failed')),
      last_error text
    )`.execute(db);
  await sql`create index notifications_due on notifications (endpoint, due_at) where state = 'pending'`.execute(
    db,
  );
  await sql`
    create index notifications_in_order on notifications (endpoint, subject, seq)
      where state = 'pending'`.execute(db);

  await sql`
    create table slack_messages (
      subject text primary key,
      channel text not null,
      ts text not null
    )`.execute(db);
  await sql`
    create table slack_calls (
      id text primary key,
      received_at timestamptz not null
    )`.execute(db);
  await sql`create index slack_calls_by_time on slack_calls (received_at)`.execute(db);
}
