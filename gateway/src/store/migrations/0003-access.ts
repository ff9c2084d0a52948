import { type Kysely, sql } from 'kysely';

/**
 * Requests, reviews, grants and the audit log. What must never be is refused by the database itself: two
 * pending requests or two usable grants for the same thing, two reviews by one person, an audit event changed.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table access_requests (
      id text primary key,
      user_id text not null references users (id),
      resource text not null,
      protocol text not null,
      labels jsonb not null,
      profile text not null,
      duration integer not null check (duration > 0),
      reason text not null,
      state text not null check (state in ('pending', 'approved', 'denied', 'expired', 'cancelled')),
      needs jsonb not null,
      review_groups text[] not null,
      address text,
      created_at timestamptz not null,
      expires_at timestamptz not null,
      decided_at timestamptz,
      check ((state = 'pending') = (decided_at is null))
    )`.execute(db);
  await sql`
    create unique index access_requests_one_pending on access_requests (user_id, resource, profile)
      where state = 'pending'`.execute(db);
  await sql`create index access_requests_deadline on access_requests (expires_at) where state = 'pending'`.execute(
    db,
  );
  await sql`create index access_requests_by_user on access_requests (user_id, created_at desc)`.execute(db);
  await sql`create index access_requests_by_time on access_requests (created_at desc, id desc)`.execute(db);
  await sql`create index access_requests_by_group on access_requests using gin (review_groups)`.execute(db);

  await sql`
    create table reviews (
      id text primary key,
      request_id text not null references access_requests (id),
      reviewer_id text not null references users (id),
      reviewer_groups text[] not null,
      verdict text not null check (verdict in ('approve', 'deny')),
      duration integer check (duration > 0),
      reason text,
      created_at timestamptz not null,
      unique (request_id, reviewer_id)
    )`.execute(db);

  await sql`
    create table grants (
      id text primary key,
      request_id text not null unique references access_requests (id),
      user_id text not null references users (id),
      resource text not null,
      profile text not null,
      state text not null check (state in ('approved', 'active', 'expired', 'revoked', 'ended')),
      duration integer not null check (duration > 0),
      reason text not null,
      created_at timestamptz not null,
      activate_by timestamptz not null,
      activated_at timestamptz,
      expires_at timestamptz,
      ended_at timestamptz,
      ended_by text references users (id),
      end_reason text,
      check ((activated_at is null) = (expires_at is null)),
      check (state <> 'active' or activated_at is not null),
      check (state <> 'approved' or activated_at is null),
      check ((state in ('approved', 'active')) = (ended_at is null))
    )`.execute(db);
  await sql`
    create unique index grants_one_usable on grants (user_id, resource, profile)
      where state in ('approved', 'active')`.execute(db);
  await sql`create index grants_activation_deadline on grants (activate_by) where state = 'approved'`.execute(
    db,
  );
  await sql`create index grants_deadline on grants (expires_at) where state = 'active'`.execute(db);
  await sql`create index grants_by_user on grants (user_id, created_at desc)`.execute(db);
  await sql`create index grants_by_time on grants (created_at desc, id desc)`.execute(db);

  await sql`
    create table audit_events (
      id text primary key,
      at timestamptz not null,
      actor jsonb,
      action text not null,
      subject text not null,
      reason text,
      address text,
      details jsonb not null
    )`.execute(db);
  await sql`create index audit_events_by_time on audit_events (at desc, id desc)`.execute(db);
  await sql`create index audit_events_by_subject on audit_events (subject, at desc)`.execute(db);
  await sql`
    create function audit_events_are_final() returns trigger language plpgsql as $$
    begin
      raise exception 'audit events are never changed or removed' using errcode = 'insufficient_privilege';
    end $$`.execute(db);
  await sql`
    create trigger audit_events_are_final before update or delete or truncate on audit_events
      for each statement execute function audit_events_are_final()`.execute(db);
}
