import {
  type AccessRequest,
  type BrokenGlass,
  DrawbridgeError,
  type Grant,
  type NewRequestInput,
  type RequestId,
  type RequestState,
  type Requirement,
  type User,
} from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../new-id.ts';
import type { Database } from '../store/database.ts';
import type { Announcer } from './announce.ts';
import { askPolicy } from './ask-policy.ts';
import { type Authorizer, isJustification } from './authorizer.ts';
import type { Caller } from './caller.ts';
import { assertNothingThere, claim } from './claim.ts';
import { glassOf } from './command-visibility.ts';
import type { Configuration } from './configuration.ts';
import { groupsAsked, nextEscalation } from './escalation.ts';
import { prolongable } from './extension.ts';
import { give } from './give.ts';
import type { Grants } from './grants.ts';
import { lapseOverdue } from './lapse.ts';
import { findRequest, listRequests, type StoredRequest } from './request-rows.ts';
import { canReview, canSeeRequest, viewOf } from './visibility.ts';
import { type Wanted, wantedOf } from './wanted.ts';

export interface RequestsParts {
  readonly db: Kysely<Database>;
  readonly clock: Pick<Clock, 'now'>;
  readonly announcer: Announcer;
  readonly authorizer: Authorizer;
  readonly configuration: Pick<Configuration, 'current'>;
  readonly grants: Pick<Grants, 'issue' | 'prolong'>;
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
   * Asks for access, or for more time. Where policy needs nobody's approval, or glass is broken, the grants are there
   * when this returns.
   * @throws DrawbridgeError `not_found`, `invalid_request`, `policy_denied`, `already_pending`, `already_granted`; for
   *   an extension `grant_expired`, `not_active`
   */
  async create(caller: Caller, wish: NewRequestInput): Promise<AccessRequest> {
    const { authorizer, configuration, db } = this.#parts;
    const { resources } = await configuration.current();
    const wanted = wantedOf(resources, wish);
    const answer = askPolicy(authorizer, caller, { ...wish, targets: wanted.targets });
    if (answer.verdict === 'deny')
      throw new DrawbridgeError('policy_denied', answer.reason, { policies: [...answer.policies] });
    const unjustified = answer.needs.filter(isJustification);
    if (unjustified.length > 0) throw notJustified(unjustified);
    const told = wish.breakGlass && answer.needs.length > 0 ? tell(answer.needs) : undefined;
    return db
      .transaction()
      .execute((transaction) => this.#insert(transaction, caller, wish, { ...wanted, ...answer, told }));
  }

  async #insert(
    transaction: Kysely<Database>,
    caller: Caller,
    wish: NewRequestInput,
    wanted: Wanted & {
      readonly needs: readonly Requirement[];
      readonly each: readonly (readonly Requirement[])[];
      /** The groups that are told of broken glass; undefined where it wasn't. */
      readonly told: readonly string[] | undefined;
    },
  ): Promise<AccessRequest> {
    const { announcer, authorizer, clock, requestExpiry } = this.#parts;
    const { user, address = null } = caller;
    const targets = wanted.targets.map(({ resource, profile }) => ({ resource: resource.name, profile }));
    await claim(transaction, user.id, targets);
    const now = clock.now();
    await lapseOverdue(transaction, announcer, now, { userId: user.id, targets });
    const prolonged =
      wish.extends === undefined
        ? undefined
        : await prolongable(transaction, user, { ...wish, extends: wish.extends }, now);
    if (!prolonged) for (const each of targets) await assertNothingThere(transaction, user.id, each, now);

    const { needs, told } = wanted;
    const brokenGlass = told && { reason: wish.reason, at: new Date(now).toISOString(), told: [...told] };
    const pending = needs.length > 0 && !brokenGlass;
    const escalateAt = pending ? nextEscalation(needs, now, undefined) : undefined;
    const id = newId('req');
    const { resource, profile } = wanted.targets[0];
    await transaction
      .insertInto('access_requests')
      .values({
        id,
        user_id: user.id,
        resource: resource.name,
        protocol: resource.protocol,
        labels: JSON.stringify(resource.labels),
        profile,
        duration: wish.duration,
        reason: wish.reason,
        state: pending ? 'pending' : 'approved',
        needs: JSON.stringify(needs),
        review_groups: [...new Set([...groupsAsked(needs), ...(told ?? [])])],
        address,
        scope: jsonOf(prolonged ? prolonged.scope : wanted.scope),
        extends: prolonged?.id ?? null,
        given: pending ? null : wish.duration,
        escalate_at: escalateAt === undefined ? null : new Date(escalateAt),
        broken_glass: jsonOf(brokenGlass),
        created_at: new Date(now),
        expires_at: deadline(now + requestExpiry * 1000, prolonged),
        decided_at: pending ? null : new Date(now),
      })
      .execute();
    await transaction
      .insertInto('request_targets')
      .values(
        wanted.targets.map((target, position) => ({
          request_id: id,
          position,
          user_id: user.id,
          resource: target.resource.name,
          protocol: target.resource.protocol,
          labels: JSON.stringify(target.resource.labels),
          profile: target.profile,
          needs: JSON.stringify(wanted.each[position] ?? needs),
          pending,
        })),
      )
      .execute();
    await this.#announceCreated(transaction, caller, found(await findRequest(transaction, id, now), id));
    if (!pending) await this.#giveAtOnce(transaction, caller, id, brokenGlass);
    return viewOf(authorizer, found(await findRequest(transaction, id, now), id), user);
  }

  async #announceCreated(
    transaction: Kysely<Database>,
    actor: Caller,
    {
      request: { id, resource, profile, targets, scope, extends: prolonged, duration, reason, needs },
    }: StoredRequest,
  ): Promise<void> {
    const details = {
      ...{ resource, profile, duration, needs },
      ...(targets.length > 1 && { also: targets.slice(1).map((each) => `${each.resource}:${each.profile}`) }),
      ...(scope && { scope }),
      ...(prolonged !== undefined && { extends: prolonged }),
    };
    await this.#parts.announcer.changed(
      transaction,
      { kind: 'request', id },
      { actor, action: 'request.created', subject: id, reason, details },
    );
  }

  /** Where nobody has to approve, or somebody goes ahead without. */
  async #giveAtOnce(
    transaction: Kysely<Database>,
    caller: Caller,
    id: RequestId,
    brokenGlass: BrokenGlass | undefined,
  ): Promise<void> {
    const { announcer, clock, grants } = this.#parts;
    const actor = brokenGlass ? caller : 'gateway';
    const { request } = found(await findRequest(transaction, id, clock.now()), id);
    await give(transaction, grants, actor, request, request.duration);
    await announcer.changed(
      transaction,
      { kind: 'request', id },
      brokenGlass
        ? {
            ...{ actor, action: 'request.glass-broken', subject: id, reason: brokenGlass.reason },
            details: { told: brokenGlass.told },
          }
        : { actor, action: 'request.approved', subject: id, reason: 'policy asks for no review' },
    );
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

/** A request to extend has to be decided while there is something to extend. @param latest milliseconds */
const deadline = (latest: number, prolonged: Grant | undefined): Date =>
  new Date(Math.min(latest, prolonged?.expiresAt === undefined ? latest : Date.parse(prolonged.expiresAt)));

const jsonOf = (value: object | undefined): string | null =>
  value === undefined ? null : JSON.stringify(value);

/** The groups that are told. @throws DrawbridgeError `policy_denied` where a policy that decided doesn't offer it */
function tell(needs: readonly Requirement[]): string[] {
  const told = glassOf(needs);
  if (told) return told;
  const policies = needs
    .filter((need) => need.kind !== 'approve' || need.breakGlass === undefined)
    .map(({ policy }) => policy);
  throw new DrawbridgeError('policy_denied', 'policy does not offer to go ahead without approval here', {
    policies,
    hint: 'Ask without breaking glass, and wait for the approval.',
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
