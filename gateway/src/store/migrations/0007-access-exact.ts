import { type Kysely, sql } from 'kysely';

/**
 * Requests for several resources at once, narrowed, extended, escalated, and with broken glass. That nobody has two
 * requests pending for the same thing now holds for each of a request's targets; a target follows its request's state
 * by itself, so that no way of deciding a request can forget it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table request_targets (
      request_id text not null references access_requests (id),
      position smallint not null check (position >= 0),
      user_id text not null references users (id),
      resource text not null,
      protocol text not null,
      labels jsonb not null,
      profile text not null,
      needs jsonb not null,
      pending boolean not null,
      primary key (request_id, position),
      unique (request_id, resource, profile)
    )`.execute(db);
  await sql`
    insert into request_targets (request_id, position, user_id, resource, protocol, labels, profile, needs, pending)
      select id, 0, user_id, resource, protocol, labels, profile, needs, state = 'pending' from access_requests`.execute(
    db,
  );
  await sql`
    create unique index request_targets_one_pending on request_targets (user_id, resource, profile)
      where pending`.execute(db);
  await sql`
    create index request_targets_pending_of on request_targets (resource, profile) where pending`.execute(db);
  await sql`drop index access_requests_one_pending`.execute(db);
  await sql`
    create function request_targets_follow() returns trigger language plpgsql as $$
    begin
      update request_targets set pending = (new.state = 'pending') where request_id = new.id;
      return null;
    end $$`.execute(db);
  await sql`
    create trigger request_targets_follow after update of state on access_requests
      for each row when (old.state is distinct from new.state) execute function request_targets_follow()`.execute(
    db,
  );

  await sql`
    alter table access_requests
      add column scope jsonb,
      add column extends text references grants (id),
      add column given integer check (given > 0),
      add column escalate_at timestamptz,
      add column escalated_at timestamptz,
      add column broken_glass jsonb,
      add check (broken_glass is null or state = 'approved')`.execute(db);
  await sql`
    create unique index access_requests_one_pending_extension on access_requests (extends)
      where state = 'pending'`.execute(db);
  await sql`create index access_requests_by_grant on access_requests (extends) where extends is not null`.execute(
    db,
  );
  await sql`
    create index access_requests_escalation on access_requests (escalate_at) where state = 'pending'`.execute(
    db,
  );

  await sql`alter table grants drop constraint grants_request_id_key`.execute(db);
  await sql`create unique index grants_one_of_a_target on grants (request_id, resource, profile)`.execute(db);
  await sql`alter table grants add column scope jsonb, add column broken_glass jsonb`.execute(db);
}
