import { createHash } from 'node:crypto';
import type { CommandReviewId, SessionId, UserId } from '@drawbridge/contract';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';
import type { Action, Answer } from '../policy/decision.ts';
import { useObject } from './use-object.ts';

/** What was done to one thing within one minute of a session. Times in ms since the epoch. */
export interface CountedUse {
  readonly sessionId: SessionId;
  readonly userId: UserId;
  readonly resource: string;
  readonly minute: number;
  /** Tells it from others of the same session and minute. */
  readonly key: string;
  readonly action: string;
  readonly object: string | undefined;
  /** Of `object`, without its schema and column. */
  readonly table: string | undefined;
  readonly decision: Answer['verdict'];
  readonly policies: readonly string[];
  readonly reviews: ReadonlySet<CommandReviewId>;
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What is seen of a session. */
export interface UsingSession {
  readonly id: SessionId;
  readonly principal: { readonly id: UserId };
  readonly resource: { readonly name: string };
}

export interface UseCounterParts {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  /** Writes counts as they now are: of one that was written before, the new replaces the old. */
  readonly store: (uses: readonly CountedUse[]) => Promise<void>;
}

const MINUTE = 60_000;
/** How often counts are written, in ms. */
const FLUSH_EVERY = 2_000;
/** As many as are kept while the store can't take them. What is more is not counted; the recordings have it. */
const MOST_KEPT = 20_000;

interface Row extends CountedUse {
  readonly reviews: Set<CommandReviewId>;
  count: number;
  lastAt: number;
  /** Counted since it was written. */
  dirty: boolean;
}

/** The rows that one list of actions counts in, for as long as answer and minute are the same. */
interface Slot {
  readonly answer: Answer;
  readonly until: number;
  readonly rows: readonly Row[];
}

interface Counted {
  readonly slots: WeakMap<readonly Action[], Slot>;
  readonly rows: Map<string, Row>;
  over: boolean;
}

/**
 * Counts who did what to what, by the minute. It sits on the path of every statement, so a run that was seen before
 * costs two look-ups; the store is told in the background, and nobody waits for it but the end of the session. While
 * the store is away counts wait, up to a limit: the proof of what happened is the recording, this is how it is found.
 */
export class UseCounter {
  readonly #parts: UseCounterParts;
  readonly #sessions = new Map<UsingSession, Counted>();
  #kept = 0;
  #lost = 0;
  #cancelFlush: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: UseCounterParts) {
    this.#parts = parts;
  }

  /** See `Session.used`. */
  used(session: UsingSession, actions: readonly Action[], answer: Answer): void {
    const counted = this.#sessions.get(session) ?? this.#begin(session);
    const now = this.#parts.clock.now();
    let slot = counted.slots.get(actions);
    if (slot === undefined || now >= slot.until || !isSame(slot.answer, answer))
      slot = this.#slot(session, counted, actions, answer, now);
    for (const row of slot.rows) {
      row.count += 1;
      row.lastAt = now;
      row.dirty = true;
    }
    if (this.#cancelFlush === undefined) this.#flushLater();
  }

  /** Writes what the session still has, and forgets it. To be awaited before its end is told. Never rejects. */
  async end(session: UsingSession): Promise<void> {
    const counted = this.#sessions.get(session);
    if (counted === undefined) return;
    counted.over = true;
    await this.flush();
  }

  /** Writes all that is not written. Never rejects. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Writes what is left; to be called once no session runs. */
  async close(): Promise<void> {
    this.#cancelFlush?.();
    await this.flush();
    this.#cancelFlush?.();
  }

  #begin(session: UsingSession): Counted {
    const counted: Counted = { slots: new WeakMap(), rows: new Map(), over: false };
    this.#sessions.set(session, counted);
    return counted;
  }

  #slot(
    session: UsingSession,
    { slots, rows }: Counted,
    actions: readonly Action[],
    answer: Answer,
    now: number,
  ): Slot {
    const minute = now - (now % MINUTE);
    const policies = answer.policies.join(' ');
    const found = new Set<Row>();
    for (const action of actions) {
      const { object, table } = useObject(action);
      const place = `${minute} ${action.name} ${answer.verdict} ${policies}\0${object ?? ''}`;
      let row = rows.get(place);
      if (row === undefined) {
        if (this.#kept >= MOST_KEPT) {
          this.#lost += 1;
          continue;
        }
        this.#kept += 1;
        row = {
          ...{ sessionId: session.id, userId: session.principal.id, resource: session.resource.name },
          ...{ minute, key: keyOf(place), action: action.name, object, table },
          ...{ decision: answer.verdict, policies: answer.policies, reviews: new Set() },
          ...{ count: 0, firstAt: now, lastAt: now, dirty: true },
        };
        rows.set(place, row);
      }
      if (answer.review !== undefined) row.reviews.add(answer.review);
      found.add(row);
    }
    const slot: Slot = { answer, until: minute + MINUTE, rows: [...found] };
    // What is not counted whole is looked at again next time, when there may be room.
    if (this.#kept < MOST_KEPT) slots.set(actions, slot);
    return slot;
  }

  #flushLater(): void {
    this.#cancelFlush = this.#parts.clock.after(FLUSH_EVERY, () => {
      this.#cancelFlush = undefined;
      void this.flush();
    });
  }

  async #write(): Promise<void> {
    const { clock, logger, store } = this.#parts;
    const dirty = [...this.#sessions.values()].flatMap(({ rows }) =>
      [...rows.values()].filter((row) => row.dirty),
    );
    for (const row of dirty) row.dirty = false;
    try {
      if (dirty.length > 0) await store(dirty);
    } catch (error) {
      if (isRefusal(error)) {
        logger.warn({ err: error, uses: dirty.length }, 'uses were left out, as the store refuses them');
      } else {
        for (const row of dirty) row.dirty = true;
        logger.warn({ err: error, waiting: dirty.length }, 'uses could not be stored; they are kept for now');
        if (this.#cancelFlush === undefined) this.#flushLater();
      }
    }
    this.#forget(clock.now());
    if (this.#lost > 0) {
      logger.warn({ uses: this.#lost }, 'uses were not counted, as the store has not taken those before');
      this.#lost = 0;
    }
  }

  /** What is written and can't be counted in any more. */
  #forget(now: number): void {
    for (const [session, { rows, over }] of this.#sessions) {
      for (const [place, row] of rows) {
        if (row.dirty || !(over || now >= row.minute + MINUTE)) continue;
        rows.delete(place);
        this.#kept -= 1;
      }
      if (rows.size === 0) this.#sessions.delete(session);
    }
  }
}

/** Whether two answers count in the same place; mostly they are one object. */
function isSame(a: Answer, b: Answer): boolean {
  return (
    a === b ||
    (a.verdict === b.verdict &&
      a.review === b.review &&
      a.policies.length === b.policies.length &&
      a.policies.every((id, index) => id === b.policies[index]))
  );
}

/** The store works and will never take this: data exceptions and violated constraints (SQLSTATE classes 22 and 23). */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^2[23]/.test(String(error.code));

const keyOf = (place: string): string => createHash('sha256').update(place).digest('base64url').slice(0, 22);
