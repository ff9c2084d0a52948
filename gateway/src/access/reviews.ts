import {
  type AccessRequest,
  DrawbridgeError,
  formatDuration,
  type NewReview,
  type RequestId,
  type Requirement,
} from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../new-id.ts';
import type { Database } from '../store/database.ts';
import type { StoredResource } from '../store/documents.ts';
import type { Announcer } from './announce.ts';
import { askPolicy, type PolicyAnswer } from './ask-policy.ts';
import { type Authorizer, isJustification } from './authorizer.ts';
import type { Caller } from './caller.ts';
import type { Configuration } from './configuration.ts';
import { asked, groupsAsked, nextEscalation } from './escalation.ts';
import { give } from './give.ts';
import type { Grants } from './grants.ts';
import { unmetApprovals } from './quorum.ts';
import { findRequest, type StoredRequest } from './request-rows.ts';
import { noSuchRequest, notPending } from './requests.ts';
import { findUser } from './users.ts';
import { canReview, canSeeRequest, viewOf } from './visibility.ts';

export interface ReviewsParts {
  readonly db: Kysely<Database>;
  readonly clock: Pick<Clock, 'now'>;
  readonly announcer: Announcer;
  readonly authorizer: Authorizer;
  readonly configuration: Pick<Configuration, 'current'>;
  readonly grants: Pick<Grants, 'issue' | 'prolong'>;
}

interface Approving {
  readonly stored: StoredRequest;
  readonly review: NewReview;
  readonly now: number;
  /** As they are now. */
  readonly resources: ReadonlyMap<string, StoredResource>;
}

/** Approvals and denials of access requests. */
export class Reviews {
  readonly #parts: ReviewsParts;

  constructor(parts: ReviewsParts) {
    this.#parts = parts;
  }

  /**
   * Approves or denies. The request's row is locked meanwhile, so of two reviews at once the second sees what
   * the first did. Approving may shorten the time; the shortest of all approvals is granted. What is asked for
   * together is granted together.
   * @throws DrawbridgeError `not_found`, `self_review`, `already_reviewed`, `not_pending`, `not_a_reviewer`,
   *   `invalid_request`, `policy_denied` where policy changed and no longer lets the requester in; `grant_expired`,
   *   `not_active` where the grant that it would extend has ended
   */
  async review(caller: Caller, id: RequestId, review: NewReview): Promise<AccessRequest> {
    const { db, authorizer, clock, configuration } = this.#parts;
    // Read before the transaction: within it a second connection would be needed, and a pool of them can run dry.
    const { resources } = await configuration.current();
    return db.transaction().execute(async (transaction) => {
      await transaction.selectFrom('access_requests').select('id').where('id', '=', id).forUpdate().execute();
      const now = clock.now();
      const stored = await findRequest(transaction, id, now);
      this.#assertMayReview(stored, caller, id);
      assertOnlyShortens(stored, review);
      if (review.verdict === 'deny') await this.#deny(transaction, caller, stored, review, now);
      else await this.#approve(transaction, caller, { stored, review, now, resources });
      const after = await findRequest(transaction, id, now);
      if (!after) throw noSuchRequest(id);
      return viewOf(authorizer, after, caller.user);
    });
  }

  #assertMayReview(
    stored: StoredRequest | undefined,
    { user }: Caller,
    id: RequestId,
  ): asserts stored is StoredRequest {
    const { authorizer } = this.#parts;
    if (!stored || !canSeeRequest(authorizer, stored, user)) throw noSuchRequest(id);
    const { request } = stored;
    if (request.principal.id === user.id)
      throw new DrawbridgeError('self_review', 'nobody reviews their own request', {
        hint: 'Ask a colleague to.',
      });
    if (request.reviews.some(({ reviewer }) => reviewer.id === user.id))
      throw new DrawbridgeError('already_reviewed', 'you have reviewed this request already', { id });
    if (request.state !== 'pending') throw notPending(stored);
    if (!canReview(authorizer, stored, user)) {
      const groups = [
        ...new Set(unmetApprovals(request.needs, stored.approvals).flatMap((need) => need.groups)),
      ];
      throw new DrawbridgeError('not_a_reviewer', 'your review does not count for this request', {
        hint: `It waits for ${groups.join(' or ')}.`,
      });
    }
  }

  async #deny(
    transaction: Kysely<Database>,
    caller: Caller,
    { request }: StoredRequest,
    { reason }: NewReview,
    now: number,
  ): Promise<void> {
    const { announcer } = this.#parts;
    await this.#insert(transaction, caller, request.id, { verdict: 'deny', reason }, now);
    await settle(transaction, request.id, 'denied', now);
    await announcer.changed(
      transaction,
      { kind: 'request', id: request.id },
      { actor: caller, action: 'request.denied', subject: request.id, reason },
    );
  }

  async #approve(
    transaction: Kysely<Database>,
    caller: Caller,
    { stored, review, now, resources }: Approving,
  ): Promise<void> {
    const { announcer, authorizer, grants } = this.#parts;
    const { request } = stored;
    const { id } = request;
    const durations = [...request.reviews, review].map((each) => each.duration ?? request.duration);
    const duration = Math.min(request.duration, ...durations);
    const { needs, each } = await this.#needsNow(transaction, stored, resources, duration);
    const today = withNeeds(stored, needs, each);
    const missing = unmetApprovals(today.request.needs, stored.approvals);
    if (missing.length > 0 && !canReview(authorizer, today, caller.user))
      throw new DrawbridgeError(
        'not_a_reviewer',
        'policy changed, and your review no longer counts for this request',
        { hint: 'Look at the request again.' },
      );

    await this.#insert(transaction, caller, id, review, now);
    const approvals = [...stored.approvals, { reviewerId: caller.user.id, groups: caller.user.groups }];
    if (unmetApprovals(today.request.needs, approvals).length > 0) {
      await refreshNeeds(transaction, today, needs, each);
      await announcer.changed(
        transaction,
        { kind: 'request', id },
        {
          actor: caller,
          action: 'request.reviewed',
          subject: id,
          reason: review.reason,
          details: { verdict: 'approve', duration },
        },
      );
      return;
    }
    await settle(transaction, id, 'approved', now, duration);
    await give(transaction, grants, caller, request, duration);
    await announcer.changed(
      transaction,
      { kind: 'request', id },
      {
        actor: caller,
        action: 'request.approved',
        subject: id,
        reason: review.reason,
        details: { duration },
      },
    );
  }

  /** What policy needs of the request as things are now: policies, groups and labels may have changed since it was made. */
  async #needsNow(
    transaction: Kysely<Database>,
    { request, address }: StoredRequest,
    resources: ReadonlyMap<string, StoredResource>,
    duration: number,
  ): Promise<Extract<PolicyAnswer, { verdict: 'needs' }>> {
    const { authorizer } = this.#parts;
    const user = await findUser(transaction, request.principal.id);
    const targets = request.targets.map(({ resource: name, profile }) => {
      const resource = resources.get(name);
      if (!resource || !user || !Object.hasOwn(resource.profiles, profile))
        throw new DrawbridgeError('not_found', `${profile} of ${name} is no longer there`);
      return { resource, profile };
    });
    if (!user) throw noSuchRequest(request.id);
    const answer = askPolicy(authorizer, { user, address }, { targets, duration, reason: request.reason });
    const policies = [...answer.policies];
    const hint = 'Policy has changed since the request was made. Deny it, or have the policy changed.';
    if (answer.verdict === 'deny')
      throw new DrawbridgeError('policy_denied', answer.reason, { policies, hint });
    const unmet = answer.needs.filter(isJustification);
    if (unmet.length > 0) {
      const words = authorizer.explain({ verdict: 'needs', requirements: unmet, policies });
      throw new DrawbridgeError('policy_denied', words, { policies, hint });
    }
    return answer;
  }

  async #insert(
    transaction: Kysely<Database>,
    { user }: Caller,
    requestId: RequestId,
    { verdict, duration, reason }: NewReview,
    now: number,
  ): Promise<void> {
    await transaction
      .insertInto('reviews')
      .values({
        id: newId('rev'),
        request_id: requestId,
        reviewer_id: user.id,
        reviewer_groups: user.groups,
        verdict,
        duration: duration ?? null,
        reason: reason ?? null,
        created_at: new Date(now),
      })
      .execute();
  }
}

/** A review may give less than was asked for, never more. */
function assertOnlyShortens({ request }: StoredRequest, { verdict, duration }: NewReview): void {
  if (duration === undefined) return;
  const refuse = (message: string) =>
    new DrawbridgeError('invalid_request', message, { issues: [{ path: 'duration', message }] });
  if (verdict === 'deny') throw refuse('a denial has no duration');
  if (duration > request.duration)
    throw refuse(`can only be shortened: ${formatDuration(request.duration)} or less`);
}

async function settle(
  transaction: Kysely<Database>,
  id: RequestId,
  state: 'approved' | 'denied',
  now: number,
  given?: number,
): Promise<void> {
  const { numUpdatedRows } = await transaction
    .updateTable('access_requests')
    .set({ state, decided_at: new Date(now), given: given ?? null })
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  if (numUpdatedRows !== 1n)
    throw new DrawbridgeError('not_pending', 'the request was decided already', { id });
}

/** The request with what policy needs by now, of all and of each target. */
function withNeeds(
  stored: StoredRequest,
  needs: readonly Requirement[],
  each: readonly (readonly Requirement[])[],
): StoredRequest {
  const { createdAt, escalatedAt } = stored.request;
  const counted = (of: readonly Requirement[]) =>
    asked(of, Date.parse(createdAt), escalatedAt === undefined ? undefined : Date.parse(escalatedAt));
  return {
    ...stored,
    request: { ...stored.request, needs: counted(needs) },
    targets: stored.targets.map((target, index) => ({ ...target, needs: counted(each[index] ?? needs) })),
  };
}

/** Writes down what it needs by now, so that lists and quorum are about the same. */
async function refreshNeeds(
  transaction: Kysely<Database>,
  { request: { id, needs: counted, createdAt, escalatedAt } }: StoredRequest,
  needs: readonly Requirement[],
  each: readonly (readonly Requirement[])[],
): Promise<void> {
  const next = nextEscalation(
    needs,
    Date.parse(createdAt),
    escalatedAt === undefined ? undefined : Date.parse(escalatedAt),
  );
  await transaction
    .updateTable('access_requests')
    .set({
      needs: JSON.stringify(needs),
      review_groups: groupsAsked(counted),
      escalate_at: next === undefined ? null : new Date(next),
    })
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .execute();
  for (const [position, own] of each.entries())
    await transaction
      .updateTable('request_targets')
      .set({ needs: JSON.stringify(own) })
      .where('request_id', '=', id)
      .where('position', '=', position)
      .execute();
}
