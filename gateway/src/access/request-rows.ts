import type {
  AccessRequest,
  GrantId,
  PrincipalRef,
  RequestId,
  RequestState,
  RequestTarget,
  Requirement,
  Review,
  User,
  UserId,
} from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import { asked } from './escalation.ts';
import type { Approval } from './quorum.ts';

/** One of the things that a request asks for. */
export interface StoredTarget extends RequestTarget {
  /** What it needs, as that counts now. */
  readonly needs: readonly Requirement[];
  readonly grantId?: GrantId;
}

/** A request with its reviews, before it is somebody's view of it. */
export interface StoredRequest {
  readonly request: Omit<AccessRequest, 'reviewable'>;
  /** The same as `request.targets`, in their order. */
  readonly targets: readonly StoredTarget[];
  /** Approvals as they count: with the groups that the reviewers were in. */
  readonly approvals: readonly Approval[];
  /** Seconds that were given once it is approved. */
  readonly given?: number;
  /** Where it was asked from, for policies that ask. */
  readonly address?: string;
}

export interface RequestFilter {
  readonly limit: number;
  readonly userId?: UserId;
  /** Also what this person may come to review: by their groups, or because they did. */
  readonly reviewer?: Pick<User, 'id' | 'groups'>;
  readonly state?: RequestState | undefined;
  /** Only what comes after this one, newest first. */
  readonly after?: { readonly createdAt: Date; readonly id: RequestId };
}

const joined = (executor: Kysely<Database>) =>
  executor
    .selectFrom('access_requests as r')
    .innerJoin('users as u', 'u.id', 'r.user_id')
    .selectAll('r')
    .select(['u.name as user_name', 'u.display_name as user_display_name']);

type Row = Awaited<ReturnType<ReturnType<typeof joined>['execute']>>[number];

/** @param now milliseconds; a pending request past its deadline reads as expired, whether or not that is written yet. */
export async function findRequest(
  executor: Kysely<Database>,
  id: RequestId,
  now: number,
): Promise<StoredRequest | undefined> {
  const rows = await joined(executor).where('r.id', '=', id).execute();
  return (await withReviews(executor, rows, now))[0];
}

/** Those that prolonged a grant, in the order in which they were approved. */
export async function findExtensions(
  executor: Kysely<Database>,
  grant: GrantId,
  now: number,
): Promise<StoredRequest[]> {
  const query = joined(executor).where('r.extends', '=', grant).where('r.state', '=', 'approved');
  return withReviews(executor, await query.orderBy('r.decided_at').orderBy('r.id').execute(), now);
}

/** Newest first. */
export async function listRequests(
  executor: Kysely<Database>,
  filter: RequestFilter,
  now: number,
): Promise<StoredRequest[]> {
  let query = joined(executor).orderBy('r.created_at', 'desc').orderBy('r.id', 'desc').limit(filter.limit);
  const { userId, reviewer, state, after } = filter;
  if (userId !== undefined || reviewer !== undefined) {
    query = query.where((is) =>
      is.or([
        ...(userId === undefined ? [] : [is('r.user_id', '=', userId)]),
        ...(reviewer === undefined
          ? []
          : [
              is('r.review_groups', '&&', is.val([...reviewer.groups])),
              is.exists(
                is
                  .selectFrom('reviews as v')
                  .select('v.id')
                  .whereRef('v.request_id', '=', 'r.id')
                  .where('v.reviewer_id', '=', reviewer.id),
              ),
            ]),
      ]),
    );
  }
  if (state === 'pending')
    query = query.where('r.state', '=', 'pending').where('r.expires_at', '>', new Date(now));
  else if (state === 'expired')
    query = query.where((is) =>
      is.or([
        is('r.state', '=', 'expired'),
        is.and([is('r.state', '=', 'pending'), is('r.expires_at', '<=', new Date(now))]),
      ]),
    );
  else if (state !== undefined) query = query.where('r.state', '=', state);
  if (after !== undefined)
    query = query.where((is) =>
      is.or([
        is('r.created_at', '<', after.createdAt),
        is.and([is('r.created_at', '=', after.createdAt), is('r.id', '<', after.id)]),
      ]),
    );
  return withReviews(executor, await query.execute(), now);
}

async function withReviews(
  executor: Kysely<Database>,
  rows: readonly Row[],
  now: number,
): Promise<StoredRequest[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const reviews = await executor
    .selectFrom('reviews as v')
    .innerJoin('users as u', 'u.id', 'v.reviewer_id')
    .selectAll('v')
    .select(['u.name as reviewer_name', 'u.display_name as reviewer_display_name'])
    .where('v.request_id', 'in', ids)
    .orderBy('v.created_at')
    .orderBy('v.id')
    .execute();
  const targets = await executor
    .selectFrom('request_targets as t')
    .leftJoin('grants as g', (on) =>
      on
        .onRef('g.request_id', '=', 't.request_id')
        .onRef('g.resource', '=', 't.resource')
        .onRef('g.profile', '=', 't.profile'),
    )
    .select(['t.request_id', 't.resource', 't.protocol', 't.labels', 't.profile', 't.needs'])
    .select('g.id as grant_id')
    .where('t.request_id', 'in', ids)
    .orderBy('t.position')
    .execute();
  return rows.map((row) => {
    const own = reviews.filter(({ request_id }) => request_id === row.id);
    const wanted = targets
      .filter(({ request_id }) => request_id === row.id)
      .map(({ resource, protocol, labels, profile, needs, grant_id }) => ({
        ...{ resource, protocol, labels, profile },
        needs: asked(needs, row.created_at.getTime(), row.escalated_at?.getTime()),
        ...(grant_id === null ? {} : { grantId: grant_id }),
      }));
    return {
      request: toRequest(row, wanted, own.map(toReview), now),
      targets: wanted,
      approvals: own
        .filter(({ verdict }) => verdict === 'approve')
        .map((review) => ({ reviewerId: review.reviewer_id, groups: review.reviewer_groups })),
      ...(row.given === null ? {} : { given: row.given }),
      ...(row.address === null ? {} : { address: row.address }),
    };
  });
}

interface ReviewColumns extends Pick<Review, 'id' | 'verdict'> {
  readonly request_id: RequestId;
  readonly reviewer_id: UserId;
  readonly reviewer_name: string;
  readonly reviewer_display_name: string;
  readonly duration: number | null;
  readonly reason: string | null;
  readonly created_at: Date;
}

const toReview = (row: ReviewColumns): Review => ({
  id: row.id,
  requestId: row.request_id,
  reviewer: personRef(row.reviewer_id, row.reviewer_name, row.reviewer_display_name),
  verdict: row.verdict,
  ...(row.duration === null ? {} : { duration: row.duration }),
  ...(row.reason === null ? {} : { reason: row.reason }),
  createdAt: row.created_at.toISOString(),
});

function toRequest(
  row: Row,
  targets: readonly StoredTarget[],
  reviews: Review[],
  now: number,
): StoredRequest['request'] {
  const lapsed = row.state === 'pending' && row.expires_at.getTime() <= now;
  const decidedAt = lapsed ? row.expires_at : row.decided_at;
  const prolonged = row.extends !== null && row.state === 'approved' ? [row.extends] : [];
  const grantIds = [
    ...prolonged,
    ...targets.flatMap(({ grantId }) => (grantId === undefined ? [] : [grantId])),
  ];
  const [grantId] = grantIds;
  return {
    id: row.id,
    principal: personRef(row.user_id, row.user_name, row.user_display_name),
    resource: row.resource,
    protocol: row.protocol,
    labels: row.labels,
    profile: row.profile,
    targets: targets.map(({ resource, protocol, labels, profile }) => ({
      ...{ resource, protocol, labels, profile },
    })),
    ...(row.scope === null ? {} : { scope: row.scope }),
    ...(row.extends === null ? {} : { extends: row.extends }),
    duration: row.duration,
    reason: row.reason,
    state: lapsed ? 'expired' : row.state,
    needs: asked(row.needs, row.created_at.getTime(), row.escalated_at?.getTime()),
    reviews,
    ...(row.escalated_at === null ? {} : { escalatedAt: row.escalated_at.toISOString() }),
    ...(row.broken_glass === null ? {} : { brokenGlass: row.broken_glass }),
    ...(grantId === undefined ? {} : { grantId }),
    grantIds,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    ...(decidedAt === null ? {} : { decidedAt: decidedAt.toISOString() }),
  };
}

export const personRef = (id: UserId, name: string, displayName: string): PrincipalRef => ({
  kind: 'user',
  id,
  name,
  displayName,
});
