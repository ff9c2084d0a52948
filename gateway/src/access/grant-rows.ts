import type { Grant, GrantId, GrantState, Protocol, UserId } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import { asked, groupsAsked } from './escalation.ts';
import { personRef } from './request-rows.ts';

/** A grant with what decides who may see and end it. */
export interface StoredGrant {
  readonly grant: Grant;
  /** The resource as it was when access was asked for. */
  readonly resource: {
    readonly name: string;
    readonly protocol: Protocol;
    readonly labels: Readonly<Record<string, string>>;
  };
  /** The groups that could approve it, and those that were told where glass was broken. */
  readonly reviewGroups: readonly string[];
}

export interface GrantFilter {
  readonly limit: number;
  readonly userId?: UserId;
  readonly resource?: string;
  readonly profile?: string | undefined;
  /** `usable`: approved or active, and not past its deadline. */
  readonly state?: GrantState | 'usable' | undefined;
  /** Only what comes after this one, newest first. */
  readonly after?: { readonly createdAt: Date; readonly id: GrantId };
}

const joined = (executor: Kysely<Database>) =>
  executor
    .selectFrom('grants as g')
    .innerJoin('access_requests as r', 'r.id', 'g.request_id')
    .innerJoin('request_targets as t', (on) =>
      on
        .onRef('t.request_id', '=', 'g.request_id')
        .onRef('t.resource', '=', 'g.resource')
        .onRef('t.profile', '=', 'g.profile'),
    )
    .innerJoin('users as u', 'u.id', 'g.user_id')
    .leftJoin('users as e', 'e.id', 'g.ended_by')
    .selectAll('g')
    .select(['t.protocol', 't.labels', 't.needs'])
    .select(['r.created_at as asked_at', 'r.escalated_at'])
    .select(['u.name as user_name', 'u.display_name as user_display_name'])
    .select(['e.name as ender_name', 'e.display_name as ender_display_name']);

type Row = Awaited<ReturnType<ReturnType<typeof joined>['execute']>>[number];

/** @param now milliseconds; a grant past its deadline reads as expired, whether or not that is written yet. */
export async function findGrant(
  executor: Kysely<Database>,
  id: GrantId,
  now: number,
): Promise<StoredGrant | undefined> {
  return (await withApprovers(executor, await joined(executor).where('g.id', '=', id).execute(), now))[0];
}

/** Newest first. */
export async function listGrants(
  executor: Kysely<Database>,
  filter: GrantFilter,
  now: number,
): Promise<StoredGrant[]> {
  const { userId, resource, profile, state, after } = filter;
  let query = joined(executor).orderBy('g.created_at', 'desc').orderBy('g.id', 'desc').limit(filter.limit);
  if (userId !== undefined) query = query.where('g.user_id', '=', userId);
  if (resource !== undefined) query = query.where('g.resource', '=', resource);
  if (profile !== undefined) query = query.where('g.profile', '=', profile);
  if (after !== undefined)
    query = query.where((is) =>
      is.or([
        is('g.created_at', '<', after.createdAt),
        is.and([is('g.created_at', '=', after.createdAt), is('g.id', '<', after.id)]),
      ]),
    );
  const at = new Date(now);
  if (state !== undefined) {
    query = query.where((is) => {
      const approved = is.and([is('g.state', '=', 'approved'), is('g.activate_by', '>', at)]);
      const active = is.and([is('g.state', '=', 'active'), is('g.expires_at', '>', at)]);
      const overdue = is.or([
        is.and([is('g.state', '=', 'approved'), is('g.activate_by', '<=', at)]),
        is.and([is('g.state', '=', 'active'), is('g.expires_at', '<=', at)]),
      ]);
      switch (state) {
        case 'usable':
          return is.or([approved, active]);
        case 'approved':
          return approved;
        case 'active':
          return active;
        case 'expired':
          return is.or([is('g.state', '=', 'expired'), overdue]);
        default:
          return is('g.state', '=', state);
      }
    });
  }
  return withApprovers(executor, await query.execute(), now);
}

async function withApprovers(
  executor: Kysely<Database>,
  rows: readonly Row[],
  now: number,
): Promise<StoredGrant[]> {
  if (rows.length === 0) return [];
  const approvers = await executor
    .selectFrom('reviews as v')
    .innerJoin('access_requests as r', 'r.id', 'v.request_id')
    .innerJoin('users as u', 'u.id', 'v.reviewer_id')
    .select(['v.request_id', 'r.extends', 'u.id', 'u.name', 'u.display_name'])
    .where('v.verdict', '=', 'approve')
    .where('r.state', '=', 'approved')
    .where((is) =>
      is.or([
        is(
          'r.id',
          'in',
          rows.map(({ request_id }) => request_id),
        ),
        is(
          'r.extends',
          'in',
          rows.map(({ id }) => id),
        ),
      ]),
    )
    .orderBy('v.created_at')
    .orderBy('v.id')
    .execute();
  return rows.map((row) => {
    const people = approvers
      .filter((each) => each.request_id === row.request_id || each.extends === row.id)
      .map((person) => personRef(person.id, person.name, person.display_name));
    const approvedBy = [...new Map(people.map((person) => [person.id, person])).values()];
    const needs = asked(row.needs, row.asked_at.getTime(), row.escalated_at?.getTime());
    return {
      grant: toGrant(row, approvedBy, now),
      resource: { name: row.resource, protocol: row.protocol, labels: row.labels },
      reviewGroups: [...new Set([...groupsAsked(needs), ...(row.broken_glass?.told ?? [])])],
    };
  });
}

function toGrant(row: Row, approvedBy: Grant['approvedBy'], now: number): Grant {
  const deadline =
    row.state === 'approved' ? row.activate_by : row.state === 'active' ? row.expires_at : null;
  const lapsed = deadline !== null && deadline.getTime() <= now;
  const endedAt = lapsed ? deadline : row.ended_at;
  return {
    id: row.id,
    requestId: row.request_id,
    principal: personRef(row.user_id, row.user_name, row.user_display_name),
    resource: row.resource,
    profile: row.profile,
    state: lapsed ? 'expired' : row.state,
    duration: row.duration,
    reason: row.reason,
    ...(row.scope === null ? {} : { scope: row.scope }),
    approvedBy,
    ...(row.broken_glass === null ? {} : { brokenGlass: row.broken_glass }),
    createdAt: row.created_at.toISOString(),
    activateBy: row.activate_by.toISOString(),
    ...(row.activated_at === null ? {} : { activatedAt: row.activated_at.toISOString() }),
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at.toISOString() }),
    ...(endedAt === null ? {} : { endedAt: endedAt.toISOString() }),
    ...(row.ended_by === null || row.ender_name === null || row.ender_display_name === null
      ? {}
      : { endedBy: personRef(row.ended_by, row.ender_name, row.ender_display_name) }),
    ...(row.end_reason === null ? {} : { endReason: row.end_reason }),
  };
}
