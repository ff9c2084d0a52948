import { type Kysely, sql } from 'kysely';

/**
 * Statements and commands that are held until people decide, and what each of them said. What must never be is
 * refused by the database itself: two votes of one person, a use of what was not approved, a decision without its time.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table command_reviews (
      id text primary key,
      session_id text not null references sessions (id),
      grant_id text not null references grants (id),
      user_id text not null references users (id),
      resource text not null,
      protocol text not null,
      labels jsonb not null,
      profile text not null,
      kind text not null check (kind in ('statement', 'command', 'file', 'forward')),
      sealed text not null,
      binding text not null,
      estimated_rows double precision check (estimated_rows >= 0),
      needs jsonb not null,
      policies text[] not null,
      review_groups text[] not null,
      state text not null check (state in ('pending', 'approved', 'denied', 'expired', 'withdrawn')),
      state_reason text,
      escalate_at timestamptz,
      escalated_at timestamptz,
      glass_reason text,
      told_groups text[] not null default '{}',
      created_at timestamptz not null,
      expires_at timestamptz not null,
      decided_at timestamptz,
      used_at timestamptz,
      check ((state = 'pending') = (decided_at is null)),
      check (used_at is null or state = 'approved'),
      check (glass_reason is null or state = 'approved')
    )`.execute(db);
  await sql`create index command_reviews_pending on command_reviews (expires_at) where state = 'pending'`.execute(
    db,
  );
  await sql`create index command_reviews_by_session on command_reviews (session_id, created_at desc)`.execute(
    db,
  );
  await sql`create index command_reviews_by_user on command_reviews (user_id, created_at desc)`.execute(db);
  await sql`create index command_reviews_by_time on command_reviews (created_at desc, id desc)`.execute(db);
  await sql`create index command_reviews_by_group on command_reviews using gin (review_groups)`.execute(db);

  await sql`
    create table command_votes (
      review_id text not null references command_reviews (id),
      reviewer_id text not null references users (id),
      reviewer_groups text[] not null,
      verdict text not null check (verdict in ('approve', 'deny')),
      reason text,
      created_at timestamptz not null,
      primary key (review_id, reviewer_id)
    )`.execute(db);
  await sql`create index command_votes_by_reviewer on command_votes (reviewer_id)`.execute(db);
}
