import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table users (
      id text primary key,
      provider text not null,
      subject text not null,
      name text not null,
      display_name text not null,
      email text,
      groups text[] not null,
      created_at timestamptz not null,
      signed_in_at timestamptz not null,
      unique (provider, subject)
    )`.execute(db);
  await sql`
    create table sign_ins (
      id text primary key,
      user_id text not null references users (id),
      client_id text not null,
      oidc_grant_id text not null unique,
      auth_time timestamptz,
      amr text[] not null,
      created_at timestamptz not null,
      expires_at timestamptz not null,
      ended_at timestamptz,
      end_reason text check (end_reason in ('signed_out', 'revoked', 'lapsed')),
      check ((ended_at is null) = (end_reason is null))
    )`.execute(db);
  await sql`create index sign_ins_open_by_user on sign_ins (user_id) where ended_at is null`.execute(db);
  await sql`
    create table upstream_sign_ins (
      state text primary key,
      interaction text not null,
      provider text not null,
      pending json not null,
      expires_at timestamptz not null
    )`.execute(db);
  // json, not jsonb: it holds request parameters as they came, and jsonb refuses what JSON allows (\u0000).
  await sql`
    create table oidc_payloads (
      model text not null,
      id text not null,
      payload json not null,
      grant_id text,
      uid text,
      user_code text,
      consumed_at timestamptz,
      expires_at timestamptz,
      primary key (model, id)
    )`.execute(db);
  await sql`create index oidc_payloads_by_grant on oidc_payloads (grant_id) where grant_id is not null`.execute(
    db,
  );
  await sql`create unique index oidc_payloads_by_uid on oidc_payloads (model, uid) where uid is not null`.execute(
    db,
  );
  await sql`create unique index oidc_payloads_by_user_code on oidc_payloads (model, user_code) where user_code is not null`.execute(
    db,
  );
  await sql`create index oidc_payloads_by_expiry on oidc_payloads (expires_at)`.execute(db);
}
