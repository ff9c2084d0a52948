import {
  type AccessRequest,
  DrawbridgeError,
  formatDuration,
  type NewRequest,
  type RequestId,
  type RequestState,
  type Requirement,
  type User,
} from '@drawbridge/contract';
import { type Kysely, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../new-id.ts';
import type { Database } from '../store/database.ts';
import type { StoredResource } from '../store/documents.ts';
import type { Announcer } from './announce.ts';
import { type Authorizer, isJustification } from './authorizer.ts';
import type { Caller } from './caller.ts';
import type { Configuration } from './configuration.ts';
import { listGrants } from './grant-rows.ts';
import type { Grants } from './grants.ts';
import { lapseOverdue } from './lapse.ts';
import { findRequest, listRequests, type StoredRequest } from './request-rows.ts';
import { canReview, canSeeRequest, viewOf } from './visibility.ts';

export interface RequestsParts {
  readonly db: Kysely<Database>;
  readonly clock: Pick<Clock, 'now'>;
  readonly announcer: Announcer;
  readonly authorizer: Authorizer;
  readonly configuration: Pick<Configuration, 'current'>;
  readonly grants: Pick<Grants, 'issue'>;
  /** Seconds after which a pending request lapses. */
  readonly requestExpiry: number;
}

/** How many rows are read at a time where some of them may not be the caller's to see. */
const BATCH = 200;

/** Access requests: asked, withdrawn, listed. What reviewers do to them is in `Reviews`. */
export class Requests {
  readonly #parts: RequestsParts;

  constructor(parts: RequestsParts) {
    this.#parts = parts;
  }

  /**
   * Asks for access. Where policy needs nobody's approval the grant is there when this returns.
   * @throws DrawbridgeError `not_found`, `invalid_request`, `policy_denied`, `already_pending`, `already_granted`
   */
  async create(caller: Caller, wish: NewRequest): Promise<AccessRequest> {
    const { db, authorizer, configuration } = this.#parts;
    const { resources } = await configuration.current();
    const resource = checked(resources.get(wish.resource), wish);
    const decision = authorizer.access(caller, { ...wish, resource });
    if (decision.verdict === 'deny')
      throw new DrawbridgeError('policy_denied', decision.reason, { policies: [...decision.policies] });
    const needs = decision.verdict === 'needs' ? [...decision.requirements] : [];
    const unjustified = needs.filter(isJustification);
    if (unjustified.length > 0) throw notJustified(unjustified);
    return db
      .transaction()
      .execute((transaction) => this.#insert(transaction, caller, wish, resource, needs));
  }

  async #insert(
    transaction: Kysely<Database>,
    caller: Caller,
    wish: NewRequest,
    resource: StoredResource,
    needs: Requirement[],
  ): Promise<AccessRequest> {
    const { announcer, authorizer, clock, grants, requestExpiry } = this.#parts;
    const { profile, duration, reason } = wish;
    const now = clock.now();
    const scope = { userId: caller.user.id, resource: resource.name, profile };
    await sql`select pg_advisory_xact_lock(hashtextextended(${`access ${scope.userId} ${scope.resource} ${scope.profile}`}, 0))`.execute(
      transaction,
    );
    await lapseOverdue(transaction, announcer, now, scope);
    await assertNothingThere(transaction, scope, now);

    const id = newId('req');
    const groups = [...new Set(needs.flatMap((need) => (need.kind === 'approve' ? need.groups : [])))];
    const pending = needs.length > 0;
    await transaction
      .insertInto('access_requests')
      .values({
        id,
        user_id: caller.user.id,
        resource: resource.name,
        protocol: resource.protocol,
        labels: JSON.stringify(resource.labels),
        profile,
        duration,
        reason,
        state: pending ? 'pending' : 'approved',
        needs: JSON.stringify(needs),
        review_groups: groups,
        address: caller.address ?? null,
        created_at: new Date(now),
        expires_at: new Date(now + requestExpiry * 1000),
        decided_at: pending ? null : new Date(now),
      })
      .execute();
    const details = { resource: resource.name, profile, duration, needs };
    await announcer.changed(
      transaction,
      { kind: 'request', id },
      { actor: caller, action: 'request.created', subject: id, reason, details },
    );
    if (!pending) {
      const grant = { requestId: id, ...scope, duration, reason };
      await announcer.changed(
        transaction,
        { kind: 'request', id },
        { actor: 'gateway', action: 'request.approved', subject: id, reason: 'policy asks for no review' },
      );
      await grants.issue(transaction, 'gateway', grant);
    }
    return viewOf(authorizer, found(await findRequest(transaction, id, now), id), caller.user);
  }

  /**
   * Withdraws the caller's own pending request.
   * @throws DrawbridgeError `not_found`, `forbidden`, `not_pending`
   */
  async cancel(caller: Caller, id: RequestId): Promise<AccessRequest> {
    const { db, clock, announcer, authorizer, configuration } = this.#parts;
    await configuration.current();
    const now = clock.now();
    return db.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('access_requests')
        .set({ state: 'cancelled', decided_at: new Date(now) })
        .where('id', '=', id)
        .where('user_id', '=', caller.user.id)
        .where('state', '=', 'pending')
        .where('expires_at', '>', new Date(now))
        .executeTakeFirst();
      const stored = this.#visible(await findRequest(transaction, id, now), id, caller.user);
      if (stored.request.principal.id !== caller.user.id)
        throw new DrawbridgeError('forbidden', 'only the person who asked can withdraw a request', {
          hint: 'Deny it instead.',
        });
      if (numUpdatedRows === 0n) throw notPending(stored);
      await announcer.changed(
        transaction,
        { kind: 'request', id },
        { actor: caller, action: 'request.cancelled', subject: id },
      );
      return viewOf(authorizer, stored, caller.user);
    });
  }

  /** @throws DrawbridgeError `not_found` where there is none or it is not the caller's to see. */
  async get({ user }: Caller, id: RequestId): Promise<AccessRequest> {
    const view = (await this.watch(id))(user);
    if (!view) throw noSuchRequest(id);
    return view;
  }

  /** Loads a request once, to be shown to each of several people as they may see it. */
  async watch(id: RequestId): Promise<(user: User) => AccessRequest | undefined> {
    const { authorizer, configuration, db, clock } = this.#parts;
    await configuration.current();
    const stored = await findRequest(db, id, clock.now());
    return (user) =>
      stored && canSeeRequest(authorizer, stored, user) ? viewOf(authorizer, stored, user) : undefined;
  }

  /** Newest first. `all`: the caller's own and those the caller may see as a reviewer or administrator. */
  async list(
    { user }: Caller,
    filter: { limit: number; scope: 'own' | 'reviewable' | 'all'; state?: RequestState | undefined },
  ): Promise<AccessRequest[]> {
    const { authorizer, configuration, db, clock } = this.#parts;
    await configuration.current();
    const { limit, scope, state } = filter;
    const now = clock.now();
    const whose =
      scope === 'own'
        ? { userId: user.id }
        : scope === 'reviewable'
          ? { reviewer: user }
          : authorizer.may({ user }, 'admin.read')
            ? {}
            : { userId: user.id, reviewer: user };
    const shown = (stored: StoredRequest) =>
      scope === 'reviewable' ? canReview(authorizer, stored, user) : canSeeRequest(authorizer, stored, user);
    const views: AccessRequest[] = [];
    let after: { createdAt: Date; id: RequestId } | undefined;
    for (;;) {
      const batch = await listRequests(
        db,
        {
          limit: BATCH,
          ...whose,
          state: scope === 'reviewable' ? 'pending' : state,
          ...(after ? { after } : {}),
        },
        now,
      );
      views.push(...batch.filter(shown).map((stored) => viewOf(authorizer, stored, user)));
      const last = batch.at(-1)?.request;
      if (!last || batch.length < BATCH || views.length >= limit) return views.slice(0, limit);
      after = { createdAt: new Date(last.createdAt), id: last.id };
    }
  }

  #visible(stored: StoredRequest | undefined, id: RequestId, user: User): StoredRequest {
    if (!stored || !canSeeRequest(this.#parts.authorizer, stored, user)) throw noSuchRequest(id);
    return stored;
  }
}

/** The resource, if what is asked of it can be had at all. */
function checked(
  resource: StoredResource | undefined,
  { resource: name, profile: wanted, duration }: NewRequest,
): StoredResource {
  if (!resource)
    throw new DrawbridgeError('not_found', `there is no resource ${name}`, {
      hint: 'See what there is: drawbridge resources',
    });
  const profile = Object.hasOwn(resource.profiles, wanted) ? resource.profiles[wanted] : undefined;
  if (!profile) {
    const names = Object.keys(resource.profiles).join(', ');
    throw new DrawbridgeError('invalid_request', `${name} has no profile ${wanted}`, {
      hint: `Its profiles: ${names}.`,
      issues: [{ path: 'profile', message: `must be one of ${names}` }],
    });
  }
  if (duration > profile.maxDuration) {
    const most = formatDuration(profile.maxDuration);
    throw new DrawbridgeError('invalid_request', `${wanted} of ${name} is given for at most ${most}`, {
      hint: `Ask for ${most} or less.`,
      issues: [{ path: 'duration', message: `must be at most ${profile.maxDuration}` }],
    });
  }
  return resource;
}

/** @throws DrawbridgeError `already_pending`, `already_granted` with the id of what is there. Pending first: a request that is approved meanwhile is then seen as its grant. */
async function assertNothingThere(
  transaction: Kysely<Database>,
  scope: { userId: User['id']; resource: string; profile: string },
  now: number,
): Promise<void> {
  const pending = await transaction
    .selectFrom('access_requests')
    .select('id')
    .where('user_id', '=', scope.userId)
    .where('resource', '=', scope.resource)
    .where('profile', '=', scope.profile)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  const what = `${scope.profile} of ${scope.resource}`;
  if (pending)
    throw new DrawbridgeError('already_pending', `your request for ${what} is waiting for a review already`, {
      id: pending.id,
      hint: 'Wait for it, or cancel it and ask anew.',
    });
  const [usable] = await listGrants(transaction, { limit: 1, ...scope, state: 'usable' }, now);
  if (usable)
    throw new DrawbridgeError('already_granted', `you have access to ${what} already`, {
      id: usable.grant.id,
      hint: `Use it: drawbridge connect ${scope.resource}`,
    });
}

function notJustified(requirements: readonly Requirement[]): DrawbridgeError {
  const messages = requirements.map(({ message, policy }) => message ?? `policy ${policy} asks for a ticket`);
  return new DrawbridgeError('policy_denied', [...new Set(messages)].join('; '), {
    policies: requirements.map(({ policy }) => policy),
    hint: 'Name the ticket in the reason, like OPS-123, #123 or a link.',
    issues: [{ path: 'reason', message: 'must name a ticket' }],
  });
}

function found(stored: StoredRequest | undefined, id: RequestId): StoredRequest {
  if (!stored) throw noSuchRequest(id);
  return stored;
}

export const noSuchRequest = (id: RequestId) =>
  new DrawbridgeError('not_found', `there is no request ${id} that you may see`);

export const notPending = ({ request }: StoredRequest) =>
  new DrawbridgeError('not_pending', `the request is ${request.state} already`, { id: request.id });
