import {
  type CommandReview,
  type CommandReviewId,
  type CommandReviewState,
  DrawbridgeError,
  type NewCommandVote,
  type SessionId,
  type User,
} from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import type { Keyring } from '../store/keyring.ts';
import type { Announcer } from './announce.ts';
import type { Authorizer } from './authorizer.ts';
import type { Caller } from './caller.ts';
import { findCommand, listCommands, type StoredCommand } from './command-review-rows.ts';
import { canSeeCommand, canVote, commandViewOf, glassOf } from './command-visibility.ts';
import type { Configuration } from './configuration.ts';
import { groupsAsked } from './escalation.ts';
import { unmetApprovals } from './quorum.ts';
import { type Settlement, settleCommand } from './settle-command.ts';

export interface CommandReviewsParts {
  readonly db: Kysely<Database>;
  readonly clock: Pick<Clock, 'now'>;
  readonly announcer: Announcer;
  readonly authorizer: Authorizer;
  readonly configuration: Pick<Configuration, 'current'>;
  readonly keyring: Keyring;
}

export interface CommandReviewFilter {
  readonly limit: number;
  readonly scope: 'own' | 'reviewable' | 'all';
  readonly state?: CommandReviewState | undefined;
  readonly session?: SessionId | undefined;
}

/** How many rows are read at a time where some of them may not be the caller's to see. */
const BATCH = 100;

/** What people do about statements and commands that are held: `CommandHolds` asks them and waits. */
export class CommandReviews {
  readonly #parts: CommandReviewsParts;

  constructor(parts: CommandReviewsParts) {
    this.#parts = parts;
  }

  /**
   * Approves or denies. The row is locked meanwhile, so of two votes at once the second sees what the first did.
   * @throws DrawbridgeError `not_found`, `self_review`, `already_reviewed`, `not_pending`, `not_a_reviewer`
   */
  async vote(
    caller: Caller,
    id: CommandReviewId,
    { verdict, reason }: NewCommandVote,
  ): Promise<CommandReview> {
    return this.#change(caller, id, async (transaction, stored, now) => {
      this.#assertMayVote(stored, caller);
      const { user } = caller;
      await transaction
        .insertInto('command_votes')
        .values({
          review_id: id,
          reviewer_id: user.id,
          reviewer_groups: user.groups,
          verdict,
          reason: reason || null,
          created_at: new Date(now),
        })
        .execute();
      if (verdict === 'deny') return { settlement: { state: 'denied', reason }, action: 'denied', reason };
      const approvals = [...stored.approvals, { reviewerId: user.id, groups: user.groups }];
      return unmetApprovals(stored.review.needs, approvals).length === 0
        ? { settlement: { state: 'approved' }, action: 'approved', reason }
        : { action: 'reviewed', reason };
    });
  }

  /**
   * Withdraws what the caller sent: it fails as if it had been cancelled.
   * @throws DrawbridgeError `not_found`, `forbidden`, `not_pending`
   */
  async withdraw(caller: Caller, id: CommandReviewId): Promise<CommandReview> {
    return this.#change(caller, id, async (_transaction, stored) => {
      assertOwn(stored, caller, 'withdraw it', 'Deny it instead.');
      const reason = 'its sender withdrew it';
      return { settlement: { state: 'withdrawn', reason }, action: 'withdrawn', reason };
    });
  }

  /**
   * Goes ahead without approval, where every policy that asks for one offers that. The groups that those policies
   * name are told at once.
   * @throws DrawbridgeError `not_found`, `forbidden`, `not_pending`, `policy_denied`
   */
  async breakGlass(caller: Caller, id: CommandReviewId, reason: string): Promise<CommandReview> {
    return this.#change(caller, id, async (_transaction, { review }) => {
      assertOwn({ review }, caller, 'go ahead with it', 'Approve it instead.');
      const told = glassOf(review.needs);
      if (told === undefined)
        throw new DrawbridgeError('policy_denied', 'policy does not let you go ahead without approval here', {
          policies: review.policies,
          hint: `It waits for ${groupsAsked(review.needs).join(' or ')}.`,
        });
      return {
        settlement: { state: 'approved', brokenGlass: { reason, told } },
        action: 'glass-broken',
        reason,
        details: { told },
      };
    });
  }

  /** @throws DrawbridgeError `not_found` where there is none or it is not the caller's to see. */
  async get({ user }: Caller, id: CommandReviewId): Promise<CommandReview> {
    const view = (await this.watch(id))(user);
    if (!view) throw noSuchCommand(id);
    return view;
  }

  /** Loads one once, to be shown to each of several people as they may see it. */
  async watch(id: CommandReviewId): Promise<(user: User) => CommandReview | undefined> {
    const { authorizer, clock, configuration, db, keyring } = this.#parts;
    await configuration.current();
    const stored = await findCommand(db, keyring, id, clock.now());
    return (user) =>
      stored && canSeeCommand(authorizer, stored, user) ? commandViewOf(authorizer, stored, user) : undefined;
  }

  /** Newest first. `all`: the caller's own, those the caller may see as a reviewer, is told of, or may read as administrator. */
  async list({ user }: Caller, filter: CommandReviewFilter): Promise<CommandReview[]> {
    const { authorizer, clock, configuration, db, keyring } = this.#parts;
    await configuration.current();
    const { limit, scope, session } = filter;
    const now = clock.now();
    const whose =
      scope === 'own'
        ? { userId: user.id }
        : scope === 'reviewable'
          ? { reviewer: user }
          : authorizer.may({ user }, 'admin.read')
            ? {}
            : { userId: user.id, reviewer: user };
    const state = scope === 'reviewable' ? 'pending' : filter.state;
    const shown = (stored: StoredCommand) =>
      scope === 'reviewable' ? canVote(authorizer, stored, user) : canSeeCommand(authorizer, stored, user);
    const views: CommandReview[] = [];
    let after: { createdAt: Date; id: CommandReviewId } | undefined;
    for (;;) {
      const batch = await listCommands(
        db,
        keyring,
        { limit: BATCH, ...whose, state, session, ...(after && { after }) },
        now,
      );
      views.push(...batch.filter(shown).map((stored) => commandViewOf(authorizer, stored, user)));
      const last = batch.at(-1)?.review;
      if (!last || batch.length < BATCH || views.length >= limit) return views.slice(0, limit);
      after = { createdAt: new Date(last.createdAt), id: last.id };
    }
  }

  /** Runs one change with the row locked, and tells of it. */
  async #change(
    caller: Caller,
    id: CommandReviewId,
    decide: (transaction: Kysely<Database>, stored: StoredCommand, now: number) => Promise<Change>,
  ): Promise<CommandReview> {
    const { announcer, authorizer, clock, configuration, db, keyring } = this.#parts;
    // Read before the transaction: within it a second connection would be needed, and a pool of them can run dry.
    await configuration.current();
    return db.transaction().execute(async (transaction) => {
      await transaction.selectFrom('command_reviews').select('id').where('id', '=', id).forUpdate().execute();
      const now = clock.now();
      const stored = await findCommand(transaction, keyring, id, now);
      if (!stored || !canSeeCommand(authorizer, stored, caller.user)) throw noSuchCommand(id);
      const { settlement, action, reason, details } = await decide(transaction, stored, now);
      if (stored.review.state !== 'pending') throw notPending(stored);
      if (settlement && !(await settleCommand(transaction, id, settlement, now))) throw notPending(stored);
      await announcer.changed(
        transaction,
        { kind: 'command', id },
        {
          actor: caller,
          action: `command.${action}`,
          subject: id,
          reason: reason || undefined,
          resource: stored.review.resource,
          details: { session: stored.review.sessionId, ...details },
        },
      );
      const after = await findCommand(transaction, keyring, id, now);
      if (!after) throw noSuchCommand(id);
      return commandViewOf(authorizer, after, caller.user);
    });
  }

  #assertMayVote(stored: StoredCommand, { user }: Caller): void {
    const { review, approvals } = stored;
    const { id } = review;
    if (review.principal.id === user.id)
      throw new DrawbridgeError('self_review', 'nobody reviews what they sent themselves', {
        hint: 'Ask a colleague to.',
      });
    if (review.votes.some(({ reviewer }) => reviewer.id === user.id))
      throw new DrawbridgeError('already_reviewed', 'you have reviewed this already', { id });
    if (review.state !== 'pending') throw notPending(stored);
    if (!canVote(this.#parts.authorizer, stored, user))
      throw new DrawbridgeError('not_a_reviewer', 'your review does not count here', {
        hint: `It waits for ${groupsAsked(unmetApprovals(review.needs, approvals)).join(' or ')}.`,
      });
  }
}

/** What a person does to it; without a settlement it goes on waiting. */
interface Change {
  readonly settlement?: Settlement;
  /** After `command.` */
  readonly action: string;
  readonly reason?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>>;
}

function assertOwn(
  { review }: Pick<StoredCommand, 'review'>,
  { user }: Caller,
  what: string,
  hint: string,
): void {
  if (review.principal.id !== user.id)
    throw new DrawbridgeError('forbidden', `only the person who sent it can ${what}`, { hint });
}

const noSuchCommand = (id: CommandReviewId) =>
  new DrawbridgeError('not_found', `there is no command review ${id} that you may see`);

const notPending = ({ review }: StoredCommand) =>
  new DrawbridgeError('not_pending', `it is ${review.state} already`, { id: review.id });
