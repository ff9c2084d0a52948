import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table sessions (
      id text primary key,
      grant_id text not null references grants (id),
      user_id text not null references users (id),
      sign_in_id text not null,
      gateway_id text not null,
      resource text not null,
      profile text not null,
      protocol text not null,
      state text not null check (state in ('live', 'closed')),
      started_at timestamptz not null,
      ended_at timestamptz,
      end_code text,
      end_reason text,
      client_address text,
      client_name text,
      statements bigint not null default 0,
      refused bigint not null default 0,
      rows bigint not null default 0,
      bytes_out bigint not null default 0,
      recording text not null default 'open'
        check (recording in ('open', 'sealed', 'sealed-after-crash', 'missing')),
      terminate_reason text,
      check ((state = 'closed') = (ended_at is not null))
    )`.execute(db);
  await sql`create index sessions_by_user on sessions (user_id, started_at desc)`.execute(db);
  await sql`create index sessions_by_start on sessions (started_at desc)`.execute(db);
  await sql`create index sessions_live on sessions (gateway_id) where state = 'live'`.execute(db);
  await sql`create index sessions_live_by_grant on sessions (grant_id) where state = 'live'`.execute(db);
}
