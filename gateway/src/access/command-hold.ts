import type { CommandReviewId, PrincipalRef, Requirement, SessionId } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';
import type { ReviewOutcome } from '../sessions/reviewing.ts';
import type { SessionEnd } from '../sessions/session.ts';
import type { Database } from '../store/database.ts';
import type { Keyring } from '../store/keyring.ts';
import type { Announcer } from './announce.ts';
import type { Audit } from './audit.ts';
import { findCommand, NOT_IN_TIME, type StoredCommand } from './command-review-rows.ts';
import { glassOf } from './command-visibility.ts';
import { asked } from './escalation.ts';
import { unmetApprovals } from './quorum.ts';
import { settleCommand } from './settle-command.ts';

export interface CommandHoldParts {
  readonly db: Kysely<Database>;
  readonly clock: Clock;
  readonly announcer: Announcer;
  readonly audit: Pick<Audit, 'append'>;
  readonly keyring: Keyring;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
}

/** What is held, and by whom. */
export interface HeldCommand {
  readonly id: CommandReviewId;
  readonly session: SessionId;
  readonly principal: PrincipalRef;
  readonly address: string | undefined;
  readonly resource: string;
  readonly binding: string;
  /** Milliseconds. */
  readonly expiresAt: number;
}

/** For how long after it was given an approval may be used, in ms. Its gateway uses it at once, or has lost its store. */
const APPROVAL_LASTS = 60_000;
/** When the store can't be asked, in ms until the next try. */
const RETRY = 1_000;
/** How long past its deadline the store may take to say what was decided, in ms. */
const PATIENCE = 5_000;

const NOT_LEARNT = 'what was decided could not be learnt: the gateway has lost its store';

/**
 * One statement or command that waits on this gateway. It ends by what people decide, by its deadline, or by its
 * signal; whichever comes first stands. An approval counts only once it is marked as used, which happens once.
 */
export class CommandHold {
  readonly outcome: Promise<ReviewOutcome>;
  readonly #parts: CommandHoldParts;
  readonly #held: HeldCommand;
  readonly #resolve: (outcome: ReviewOutcome) => void;
  readonly #disarm: Array<() => void> = [];
  #over = false;
  #looking: Promise<void> | undefined;
  #again = false;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(parts: CommandHoldParts, held: HeldCommand, signal: AbortSignal) {
    this.#parts = parts;
    this.#held = held;
    let resolve: (outcome: ReviewOutcome) => void = () => undefined;
    this.outcome = new Promise((done) => {
      resolve = done;
    });
    this.#resolve = resolve;
    const { clock } = parts;
    const rest = Math.max(0, held.expiresAt - clock.now());
    const abort = () => void this.withdraw(whyAborted(signal.reason));
    signal.addEventListener('abort', abort, { once: true });
    this.#disarm.push(
      () => signal.removeEventListener('abort', abort),
      clock.after(rest, () => void this.#expire()),
      clock.after(rest + PATIENCE, () => this.#end(denied(NOT_LEARNT))),
    );
    if (signal.aborted) abort();
  }

  get over(): boolean {
    return this.#over;
  }

  /** Waits for what is being written. */
  async settled(): Promise<void> {
    await this.#looking;
    await this.#writing;
  }

  /** It may have been decided: reads what is stored. */
  look(): void {
    if (this.#over) return;
    this.#again = this.#looking !== undefined;
    this.#looking ??= this.#lookAgain().finally(() => {
      this.#looking = undefined;
    });
  }

  /** Nobody could be asked: there is nothing to wait for. */
  forget(): void {
    this.#end(denied('nobody could be asked'));
  }

  /** Ends it, if it waits still, and takes back what was asked. Resolves once that is written. */
  withdraw(reason: string): Promise<void> {
    this.#end({ state: 'withdrawn', by: [], reason, covers: () => false });
    const stored = this.#store({ state: 'withdrawn', reason }).catch((error: unknown) =>
      this.#parts.logger.warn(
        { err: error, review: this.#held.id },
        'what was cancelled could not be withdrawn',
      ),
    );
    this.#writing = Promise.all([this.#writing, stored]);
    return this.settled();
  }

  async #lookAgain(): Promise<void> {
    do {
      this.#again = false;
      try {
        await this.#read();
      } catch (error) {
        this.#parts.logger.warn(
          { err: error, review: this.#held.id },
          'a decision could not be read; trying again',
        );
        this.#disarm.push(this.#parts.clock.after(RETRY, () => this.look()));
      }
    } while (this.#again && !this.#over);
  }

  async #read(): Promise<void> {
    const { db, clock, keyring } = this.#parts;
    const stored = await findCommand(db, keyring, this.#held.id, clock.now());
    if (this.#over || stored === undefined || stored.review.state === 'pending') return;
    const { state, stateReason, votes } = stored.review;
    if (state === 'approved') return this.#take(stored);
    const by = votes.filter(({ verdict }) => verdict === 'deny').map(({ reviewer }) => reviewer);
    this.#end({ state, by: state === 'denied' ? by : [], reason: stateReason, covers: () => false });
  }

  /** Marks the approval as used: of what can't be marked nobody knows whether it was used before. */
  async #take(stored: StoredCommand): Promise<void> {
    const { db, clock, audit } = this.#parts;
    const { id, session, binding, principal, address, resource } = this.#held;
    const now = clock.now();
    const taken = await db
      .transaction()
      .execute(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('command_reviews')
          .set({ used_at: new Date(now) })
          .where('id', '=', id)
          .where('session_id', '=', session)
          .where('binding', '=', binding)
          .where('state', '=', 'approved')
          .where('used_at', 'is', null)
          .where('decided_at', '>', new Date(now - APPROVAL_LASTS))
          .where((is) =>
            is.exists(
              is
                .selectFrom('sessions as s')
                .select('s.id')
                .whereRef('s.id', '=', 'command_reviews.session_id')
                .where('s.state', '=', 'live'),
            ),
          )
          .executeTakeFirst();
        if (numUpdatedRows !== 1n) return false;
        await audit.append(
          {
            actor: { user: principal, address },
            action: 'command.released',
            subject: id,
            resource,
            details: { session },
          },
          transaction,
        );
        return true;
      })
      .catch((error: unknown) => {
        this.#parts.logger.error({ err: error, review: id }, 'an approval could not be marked as used');
        return undefined;
      });
    if (taken === undefined) return this.#end(denied(NOT_LEARNT));
    this.#end(taken ? approved(stored) : denied('its approval can no longer be used'));
  }

  async #expire(): Promise<void> {
    const { logger } = this.#parts;
    try {
      await this.#store({ state: 'expired', reason: NOT_IN_TIME });
    } catch (error) {
      logger.warn({ err: error, review: this.#held.id }, 'a deadline could not be stored');
    }
    this.look();
  }

  /** Writes that it is over, unless somebody decided before. */
  async #store({ state, reason }: { state: 'expired' | 'withdrawn'; reason: string }): Promise<void> {
    const { db, clock, announcer } = this.#parts;
    const { id, principal, address, resource, session } = this.#held;
    await db.transaction().execute(async (transaction) => {
      if (!(await settleCommand(transaction, id, { state, reason }, clock.now()))) {
        if (state === 'withdrawn') await this.#unused(transaction);
        return;
      }
      await announcer.changed(
        transaction,
        { kind: 'command', id },
        {
          actor: state === 'withdrawn' ? { user: principal, address } : 'gateway',
          action: `command.${state}`,
          subject: id,
          reason,
          resource,
          details: { session },
        },
      );
    });
  }

  /** It was approved at the moment it was cancelled: whoever approved it learns that it did not run. */
  async #unused(transaction: Kysely<Database>): Promise<void> {
    const { numUpdatedRows } = await transaction
      .updateTable('command_reviews')
      .set({ state_reason: 'approved, but it was not waiting any more' })
      .where('id', '=', this.#held.id)
      .where('state', '=', 'approved')
      .where('used_at', 'is', null)
      .executeTakeFirst();
    if (numUpdatedRows === 1n)
      await this.#parts.announcer.learnt(transaction, { kind: 'command', id: this.#held.id });
  }

  #end(outcome: ReviewOutcome): void {
    if (this.#over) return;
    this.#over = true;
    for (const disarm of this.#disarm.splice(0)) disarm();
    this.#resolve(outcome);
  }
}

const denied = (reason: string): ReviewOutcome => ({ state: 'denied', by: [], reason, covers: () => false });

function approved({ review, approvals }: StoredCommand): ReviewOutcome {
  const { brokenGlass, votes } = review;
  if (brokenGlass)
    return {
      state: 'approved',
      by: [],
      reason: brokenGlass.reason,
      brokenGlass: true,
      covers: (needs) => glassOf(needs)?.every((group) => brokenGlass.told.includes(group)) ?? false,
    };
  const createdAt = Date.parse(review.createdAt);
  const escalatedAt = review.escalatedAt === undefined ? undefined : Date.parse(review.escalatedAt);
  return {
    state: 'approved',
    by: votes.filter(({ verdict }) => verdict === 'approve').map(({ reviewer }) => reviewer),
    covers: (needs: readonly Requirement[]) =>
      needs.every(({ kind }) => kind === 'approve') &&
      unmetApprovals(asked(needs, createdAt, escalatedAt), approvals).length === 0,
  };
}

/** A session's end says why; all else is the client's doing. */
function whyAborted(reason: unknown): string {
  const { code, message } = (reason ?? {}) as Partial<SessionEnd>;
  const ended = !(reason instanceof Error) && typeof code === 'string' && typeof message === 'string';
  return ended ? message : 'its sender cancelled it';
}
