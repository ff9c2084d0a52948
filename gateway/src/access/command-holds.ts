import { randomBytes } from 'node:crypto';
import {
  type CommandReviewId,
  DrawbridgeError,
  formatDuration,
  type Grant,
  type Requirement,
  type UserId,
} from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import { newId } from '../new-id.ts';
import type { Action, Needs } from '../policy/decision.ts';
import type { Reviewing } from '../sessions/reviewing.ts';
import type { Asked, Held, Session } from '../sessions/session.ts';
import type { Database } from '../store/database.ts';
import { commandBinding } from './command-binding.ts';
import { CommandHold, type CommandHoldParts, type HeldCommand } from './command-hold.ts';
import { commandText, sealText } from './command-text.ts';
import { glassOf } from './command-visibility.ts';
import { groupsAsked, nextEscalation } from './escalation.ts';

export interface CommandHoldsParts extends CommandHoldParts {
  /** Seconds after which what nobody decided on fails. */
  readonly reviewExpiry: number;
}

/** The session that holds something. */
export interface HoldingSession extends Pick<Session, 'id' | 'principal' | 'resource' | 'profile'> {
  readonly clientAddress: string | undefined;
}

/** How much one person may ask for: reviewers are told each time. */
const MOST_A_MINUTE = 60;
const MOST_WAITING = 50;
const MINUTE = 60_000;

/**
 * Has people decide about what the sessions of this gateway hold, and waits for them; they may decide at another
 * gateway. What a gateway that died had held is withdrawn by `lapseCommands`.
 */
export class CommandHolds {
  readonly #parts: CommandHoldsParts;
  readonly #holds = new Map<CommandReviewId, CommandHold>();
  readonly #writing = new Set<Promise<unknown>>();

  constructor(parts: CommandHoldsParts) {
    this.#parts = parts;
  }

  /** How many wait on this gateway. */
  get size(): number {
    return this.#holds.size;
  }

  reviewing(session: HoldingSession, grant: Pick<Grant, 'id'>): Reviewing {
    return {
      ask: (actions, needs, held, signal) => this.#ask(session, grant, { actions, needs, held, signal }),
      words: (state, by, reason) => {
        const who = by.map(({ displayName }) => displayName).join(', ');
        const why = reason === undefined ? '' : `: ${reason}`;
        switch (state) {
          case 'approved':
            return `approved by ${who}`;
          case 'denied':
            return who === '' ? `not approved${why}` : `denied by ${who}${why}`;
          case 'expired':
            return `nobody decided within ${formatDuration(this.#parts.reviewExpiry)}`;
          case 'withdrawn':
            return `withdrawn${why}`;
          default:
            return state satisfies never;
        }
      },
    };
  }

  /** Something changed, here or on another gateway. */
  heard(change: { readonly kind: string; readonly id?: string | undefined }): void {
    if (change.kind === 'command') this.#holds.get(change.id as CommandReviewId)?.look();
    // Whatever was missed while nothing could be heard.
    else if (change.kind === 'resync') for (const hold of this.#holds.values()) hold.look();
  }

  /** Withdraws what still waits, and waits for what is being written. */
  async close(): Promise<void> {
    for (const hold of this.#holds.values()) void hold.withdraw('the gateway is shutting down');
    while (this.#writing.size > 0) await Promise.allSettled(this.#writing);
  }

  async #ask(
    session: HoldingSession,
    grant: Pick<Grant, 'id'>,
    asking: Asking,
  ): ReturnType<Reviewing['ask']> {
    const { needs, held, signal } = asking;
    const { clock, logger, reviewExpiry } = this.#parts;
    assertApprovable(needs);
    if (signal.aborted) throw cancelled();
    const now = clock.now();
    const salt = randomBytes(16).toString('base64url');
    const { exact, parameters } = held;
    const binding = { salt, principal: session.principal.id, session: session.id, exact, parameters };
    const command: HeldCommand = {
      id: newId('cmd'),
      session: session.id,
      principal: session.principal,
      address: session.clientAddress,
      resource: session.resource.name,
      binding: commandBinding(binding),
      expiresAt: now + reviewExpiry * 1000,
    };
    const { id } = command;
    const hold = new CommandHold(this.#parts, command, signal);
    // Waited for before anybody can have heard of it: a decision is never missed.
    this.#holds.set(id, hold);
    const over = hold.outcome.then(() => {
      this.#holds.delete(id);
      return hold.settled();
    });
    this.#track(over);
    const written = this.#insert(command, session, grant, { ...asking, salt, now });
    this.#track(
      written.then(
        () => (hold.over ? hold.withdraw('its sender cancelled it') : undefined),
        () => undefined,
      ),
    );
    try {
      await Promise.race([written, hold.outcome.then(() => Promise.reject(cancelled()))]);
    } catch (error) {
      hold.forget();
      if (error instanceof DrawbridgeError) throw error;
      logger.error({ err: error, session: session.id }, 'nobody could be asked about a held command');
      throw new DrawbridgeError('not_ready', 'nobody could be asked: the gateway has lost its store');
    }
    this.#track(this.#estimate(id, hold, held));
    const review: Asked = {
      id,
      waitsFor: needs.requirements.map(waitsFor),
      expiresAt: new Date(command.expiresAt).toISOString(),
      breakable: glassOf(needs.requirements) !== undefined,
    };
    return { review, outcome: hold.outcome };
  }

  async #insert(
    command: HeldCommand,
    session: HoldingSession,
    grant: Pick<Grant, 'id'>,
    { actions, needs, held, salt, now }: Asking & { readonly salt: string; readonly now: number },
  ): Promise<void> {
    const { db, announcer, keyring } = this.#parts;
    const { id, principal, address, binding } = command;
    const { name, protocol, labels } = session.resource;
    const groups = groupsAsked(needs.requirements);
    const escalateAt = nextEscalation(needs.requirements, now, undefined);
    await db.transaction().execute(async (transaction) => {
      await assertFewWait(transaction, principal.id, now, command.expiresAt - now);
      await transaction
        .insertInto('command_reviews')
        .values({
          id,
          session_id: session.id,
          grant_id: grant.id,
          user_id: principal.id,
          resource: name,
          protocol,
          labels: JSON.stringify(labels),
          profile: session.profile,
          kind: held.kind,
          sealed: sealText(keyring, id, commandText(held, actions, salt)),
          binding,
          needs: JSON.stringify(needs.requirements),
          policies: [...needs.policies],
          review_groups: groups,
          state: 'pending',
          escalate_at: escalateAt === undefined ? null : new Date(escalateAt),
          created_at: new Date(now),
          expires_at: new Date(command.expiresAt),
        })
        .execute();
      await announcer.changed(
        transaction,
        { kind: 'command', id },
        {
          actor: { user: principal, address },
          action: 'command.held',
          subject: id,
          resource: name,
          details: {
            profile: session.profile,
            session: session.id,
            grant: grant.id,
            kind: held.kind,
            actions: [...new Set(actions.map((action) => action.name))],
            policies: needs.policies,
            groups,
          },
        },
      );
    });
  }

  /** Asked once people were told: they need not wait for the planner. */
  async #estimate(id: CommandReviewId, hold: CommandHold, { estimate }: Held): Promise<void> {
    const { db, announcer, logger } = this.#parts;
    try {
      const rows = await Promise.race([estimate?.(), hold.outcome.then(() => undefined)]);
      if (rows === undefined || !Number.isFinite(rows) || rows < 0 || hold.over) return;
      await db.transaction().execute(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('command_reviews')
          .set({ estimated_rows: rows })
          .where('id', '=', id)
          .where('state', '=', 'pending')
          .executeTakeFirst();
        if (numUpdatedRows === 1n) await announcer.learnt(transaction, { kind: 'command', id });
      });
    } catch (error) {
      logger.warn({ err: error, review: id }, 'how many rows a held statement would touch is not known');
    }
  }

  #track(work: Promise<unknown>): void {
    const done = work
      .catch((error: unknown) =>
        this.#parts.logger.error({ err: error }, 'a held command could not be settled'),
      )
      .finally(() => this.#writing.delete(done));
    this.#writing.add(done);
  }
}

interface Asking {
  readonly actions: readonly Action[];
  readonly needs: Needs;
  readonly held: Held;
  readonly signal: AbortSignal;
}

/** Approvals are what people can give here; a reason was given when access was asked for, or wasn't. */
function assertApprovable({ requirements, policies }: Needs): void {
  const other = requirements.find(({ kind }) => kind !== 'approve');
  if (other === undefined && requirements.length > 0) return;
  throw new DrawbridgeError(
    'policy_denied',
    other?.message ?? 'policy asks for a ticket in the reason that access was asked for with',
    { policies: [...policies], hint: 'Ask for access again, with the ticket in its reason.' },
  );
}

/** @throws DrawbridgeError `rate_limited` */
async function assertFewWait(
  transaction: Kysely<Database>,
  user: UserId,
  now: number,
  expiry: number,
): Promise<void> {
  const { waiting, recent } = await transaction
    .selectFrom('command_reviews')
    .select((of) => [
      of.fn.countAll<string>().filterWhere('state', '=', 'pending').as('waiting'),
      of.fn
        .countAll<string>()
        .filterWhere('created_at', '>', new Date(now - MINUTE))
        .as('recent'),
    ])
    .where('user_id', '=', user)
    .where('created_at', '>', new Date(now - Math.max(expiry, MINUTE)))
    .executeTakeFirstOrThrow();
  if (Number(waiting) < MOST_WAITING && Number(recent) < MOST_A_MINUTE) return;
  throw new DrawbridgeError('rate_limited', 'too much of yours waits for people already', {
    hint: 'Wait until some of it is decided, or withdraw it.',
  });
}

/** `approval of dba`, `2 approvals of dba or security`. */
const waitsFor = (need: Requirement): string =>
  need.kind === 'approve'
    ? `${need.count === 1 ? 'approval' : `${need.count} approvals`} of ${need.groups.join(' or ')}`
    : 'a reason';

const cancelled = () => new DrawbridgeError('not_active', 'it was cancelled before anybody could be asked');
