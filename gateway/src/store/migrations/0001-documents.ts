import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table documents (
      kind text not null check (kind in ('Resource', 'DataRule', 'Policy')),
      name text not null,
      body jsonb not null,
      sealed_secrets jsonb not null default '{}',
      updated_at timestamptz not null default now(),
      primary key (kind, name)
    )`.execute(db);
  await sql`
    create table configuration (
      singleton boolean primary key default true check (singleton),
      version bigint not null
    )`.execute(db);
  await sql`insert into configuration (version) values (0)`.execute(db);
  await sql`
    create table signing_keys (
      id text primary key,
      purpose text not null check (purpose in ('recording', 'oidc', 'cookie', 'masking')),
      algorithm text not null,
      sealed text not null,
      public_jwk text,
      created_at timestamptz not null default now(),
      retired_at timestamptz
    )`.execute(db);
  // Two gateways that start together make each key once.
  await sql`
    create unique index signing_keys_current on signing_keys (purpose, algorithm)
    where retired_at is null`.execute(db);
}
