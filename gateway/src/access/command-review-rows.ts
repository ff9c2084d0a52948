import type {
  CommandReview,
  CommandReviewId,
  CommandReviewState,
  CommandVote,
  SessionId,
  User,
  UserId,
} from '@drawbridge/contract';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../store/database.ts';
import type { Keyring } from '../store/keyring.ts';
import { openText } from './command-text.ts';
import { asked } from './escalation.ts';
import type { Approval } from './quorum.ts';
import { personRef } from './request-rows.ts';

/** A held command with what people said, before it is somebody's view of it. */
export interface StoredCommand {
  /** `needs` as they count now, with the groups that were asked since. */
  readonly review: Omit<CommandReview, 'reviewable' | 'breakable'>;
  /** Approvals as they count: with the groups that the reviewers were in. */
  readonly approvals: readonly Approval[];
  /** Seconds of its grant, for policies about who may review. */
  readonly duration: number;
}

export interface CommandFilter {
  readonly limit: number;
  readonly userId?: UserId;
  /** Also what this person may come to review or is told of: by their groups, or because they voted. */
  readonly reviewer?: Pick<User, 'id' | 'groups'>;
  readonly state?: CommandReviewState | undefined;
  readonly session?: SessionId | undefined;
  /** Only what comes after this one, newest first. */
  readonly after?: { readonly createdAt: Date; readonly id: CommandReviewId };
}

const joined = (executor: Kysely<Database>) =>
  executor
    .selectFrom('command_reviews as c')
    .innerJoin('users as u', 'u.id', 'c.user_id')
    .innerJoin('grants as g', 'g.id', 'c.grant_id')
    .innerJoin('sessions as s', 's.id', 'c.session_id')
    .selectAll('c')
    .select(['u.name as user_name', 'u.display_name as user_display_name'])
    .select(['g.reason as grant_reason', 'g.duration', 's.ended_at as session_ended_at']);

type Row = Awaited<ReturnType<ReturnType<typeof joined>['execute']>>[number];

/**
 * @param now milliseconds; one that is pending past its deadline reads as expired, and one whose session is over as
 *   withdrawn, whether or not that is written yet.
 * @throws KeyringError when its text can't be unsealed.
 */
export async function findCommand(
  executor: Kysely<Database>,
  keyring: Keyring,
  id: CommandReviewId,
  now: number,
): Promise<StoredCommand | undefined> {
  const rows = await joined(executor).where('c.id', '=', id).execute();
  return (await withVotes(executor, keyring, rows, now))[0];
}

/** Newest first. */
export async function listCommands(
  executor: Kysely<Database>,
  keyring: Keyring,
  filter: CommandFilter,
  now: number,
): Promise<StoredCommand[]> {
  let query = joined(executor).orderBy('c.created_at', 'desc').orderBy('c.id', 'desc').limit(filter.limit);
  const { userId, reviewer, state, session, after } = filter;
  if (userId !== undefined || reviewer !== undefined)
    query = query.where((is) =>
      is.or([
        ...(userId === undefined ? [] : [is('c.user_id', '=', userId)]),
        ...(reviewer === undefined
          ? []
          : [
              is('c.review_groups', '&&', is.val([...reviewer.groups])),
              is('c.told_groups', '&&', is.val([...reviewer.groups])),
              is.exists(
                is
                  .selectFrom('command_votes as v')
                  .select('v.review_id')
                  .whereRef('v.review_id', '=', 'c.id')
                  .where('v.reviewer_id', '=', reviewer.id),
              ),
            ]),
      ]),
    );
  if (state !== undefined) query = query.where(effectiveState(now), '=', state);
  if (session !== undefined) query = query.where('c.session_id', '=', session);
  if (after !== undefined)
    query = query.where((is) =>
      is.or([
        is('c.created_at', '<', after.createdAt),
        is.and([is('c.created_at', '=', after.createdAt), is('c.id', '<', after.id)]),
      ]),
    );
  return withVotes(executor, keyring, await query.execute(), now);
}

/** As `stateOf`, said to the database. */
const effectiveState = (now: number) => sql<CommandReviewState>`case
  when c.state <> 'pending' then c.state
  when s.ended_at is not null then 'withdrawn'
  when c.expires_at <= ${new Date(now)} then 'expired'
  else 'pending' end`;

function stateOf(
  row: Row,
  now: number,
): Pick<StoredCommand['review'], 'state' | 'stateReason' | 'decidedAt'> {
  if (row.state === 'pending' && row.session_ended_at !== null)
    return { state: 'withdrawn', stateReason: SESSION_OVER, decidedAt: row.session_ended_at.toISOString() };
  if (row.state === 'pending' && row.expires_at.getTime() <= now)
    return { state: 'expired', stateReason: NOT_IN_TIME, decidedAt: row.expires_at.toISOString() };
  return {
    state: row.state,
    ...(row.state_reason !== null && { stateReason: row.state_reason }),
    ...(row.decided_at !== null && { decidedAt: row.decided_at.toISOString() }),
  };
}

/** Why it is over, where nobody said anything. */
export const SESSION_OVER = 'its session ended';
export const NOT_IN_TIME = 'nobody decided in time';

async function withVotes(
  executor: Kysely<Database>,
  keyring: Keyring,
  rows: readonly Row[],
  now: number,
): Promise<StoredCommand[]> {
  if (rows.length === 0) return [];
  const votes = await executor
    .selectFrom('command_votes as v')
    .innerJoin('users as u', 'u.id', 'v.reviewer_id')
    .selectAll('v')
    .select(['u.name as reviewer_name', 'u.display_name as reviewer_display_name'])
    .where(
      'v.review_id',
      'in',
      rows.map(({ id }) => id),
    )
    .orderBy('v.created_at')
    .orderBy('v.reviewer_id')
    .execute();
  return rows.map((row) => {
    const own = votes.filter(({ review_id }) => review_id === row.id);
    return {
      review: toReview(row, own.map(toVote), keyring, now),
      approvals: own
        .filter(({ verdict }) => verdict === 'approve')
        .map((vote) => ({ reviewerId: vote.reviewer_id, groups: vote.reviewer_groups })),
      duration: row.duration,
    };
  });
}

interface VoteColumns {
  readonly reviewer_id: UserId;
  readonly reviewer_name: string;
  readonly reviewer_display_name: string;
  readonly verdict: CommandVote['verdict'];
  readonly reason: string | null;
  readonly created_at: Date;
}

const toVote = (row: VoteColumns): CommandVote => ({
  reviewer: personRef(row.reviewer_id, row.reviewer_name, row.reviewer_display_name),
  verdict: row.verdict,
  ...(row.reason !== null && { reason: row.reason }),
  createdAt: row.created_at.toISOString(),
});

function toReview(row: Row, votes: CommandVote[], keyring: Keyring, now: number): StoredCommand['review'] {
  const { salt: _, ...text } = openText(keyring, row.id, row.sealed);
  const escalatedAt = row.escalated_at ?? undefined;
  return {
    id: row.id,
    sessionId: row.session_id,
    grantId: row.grant_id,
    principal: personRef(row.user_id, row.user_name, row.user_display_name),
    resource: row.resource,
    protocol: row.protocol,
    labels: row.labels,
    profile: row.profile,
    grantReason: row.grant_reason,
    kind: row.kind,
    ...text,
    ...(row.estimated_rows !== null && { estimatedRows: row.estimated_rows }),
    needs: asked(row.needs, row.created_at.getTime(), escalatedAt?.getTime()),
    policies: row.policies,
    votes,
    ...stateOf(row, now),
    ...(escalatedAt && { escalatedAt: escalatedAt.toISOString() }),
    ...(row.glass_reason !== null &&
      row.decided_at !== null && {
        brokenGlass: {
          reason: row.glass_reason,
          at: row.decided_at.toISOString(),
          told: row.told_groups,
        },
      }),
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}
