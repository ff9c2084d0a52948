import type {
  AccessRequest,
  PrincipalRef,
  RequestId,
  RequestState,
  Review,
  User,
  UserId,
} from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import type { Approval } from './quorum.ts';

/** A request with its reviews, before it is somebody's view of it. */
export interface StoredRequest {
  readonly request: Omit<AccessRequest, 'reviewable'>;
  /** Approvals as they count: with the groups that the reviewers were in. */
  readonly approvals: readonly Approval[];
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
    .leftJoin('grants as g', 'g.request_id', 'r.id')
    .selectAll('r')
    .select(['u.name as user_name', 'u.display_name as user_display_name', 'g.id as grant_id']);

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
  const reviews = await executor
    .selectFrom('reviews as v')
    .innerJoin('users as u', 'u.id', 'v.reviewer_id')
    .selectAll('v')
    .select(['u.name as reviewer_name', 'u.display_name as reviewer_display_name'])
    .where(
      'v.request_id',
      'in',
      rows.map(({ id }) => id),
    )
    .orderBy('v.created_at')
    .orderBy('v.id')
    .execute();
  return rows.map((row) => {
    const own = reviews.filter(({ request_id }) => request_id === row.id);
    return {
      request: toRequest(row, own.map(toReview), now),
      approvals: own
        .filter(({ verdict }) => verdict === 'approve')
        .map((review) => ({ reviewerId: review.reviewer_id, groups: review.reviewer_groups })),
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

function toRequest(row: Row, reviews: Review[], now: number): StoredRequest['request'] {
  const lapsed = row.state === 'pending' && row.expires_at.getTime() <= now;
  const decidedAt = lapsed ? row.expires_at : row.decided_at;
  return {
    id: row.id,
    principal: personRef(row.user_id, row.user_name, row.user_display_name),
    resource: row.resource,
    protocol: row.protocol,
    labels: row.labels,
    profile: row.profile,
    duration: row.duration,
    reason: row.reason,
    state: lapsed ? 'expired' : row.state,
    needs: row.needs,
    reviews,
    ...(row.grant_id === null ? {} : { grantId: row.grant_id }),
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
