import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';
import type { Database } from '../store/database.ts';
import type { Announcer } from './announce.ts';
import { lapseOverdue } from './lapse.ts';
import { lapseCommands } from './lapse-commands.ts';

export interface ExpiryParts {
  readonly db: Kysely<Database>;
  readonly clock: Clock;
  readonly announcer: Announcer;
  readonly logger: Pick<Logger, 'error'>;
}

/** When the store can't be asked, in ms until the next try. */
const RETRY = 1_000;
/** The longest wait in ms, should a notification about an earlier deadline have been lost. */
const LONGEST_WAIT = 60_000;

/**
 * Writes down what deadlines end, the moment they do: one timer for the next of them. Every gateway runs one;
 * they do not have to agree, since each row is taken only from the state it was in.
 */
export class Expiry {
  readonly #parts: ExpiryParts;
  #disarm: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(parts: ExpiryParts) {
    this.#parts = parts;
  }

  /** Catches up with what is overdue and waits for the next deadline from then on. */
  start(): Promise<void> {
    return this.wake();
  }

  /** A request, grant or held command changed, here or on another gateway: the next deadline may be another. */
  wake(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#again = this.#running !== undefined;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Waits for what is being written. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#disarm?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#parts;
    let wait: number;
    do {
      this.#again = false;
      wait = await this.#sweep().catch((error: unknown) => {
        logger.error({ err: error }, 'deadlines could not be looked up; trying again');
        return RETRY;
      });
    } while (this.#again && !this.#stopped);
    this.#disarm?.();
    if (!this.#stopped) this.#disarm = clock.after(wait, () => void this.wake());
  }

  /** Returns milliseconds until the next deadline. */
  async #sweep(): Promise<number> {
    const { db, clock, announcer } = this.#parts;
    await db.transaction().execute((transaction) => lapseOverdue(transaction, announcer, clock.now()));
    await db.transaction().execute((transaction) => lapseCommands(transaction, announcer, clock.now()));
    const next = await nextDeadline(db);
    return next === undefined
      ? LONGEST_WAIT
      : Math.min(LONGEST_WAIT, Math.max(0, next.getTime() - clock.now()));
  }
}

async function nextDeadline(db: Kysely<Database>): Promise<Date | undefined> {
  const row = await db
    .selectNoFrom((is) => [
      is
        .selectFrom('access_requests')
        .select((of) => of.fn.min('expires_at').as('at'))
        .where('state', '=', 'pending')
        .as('request'),
      is
        .selectFrom('access_requests')
        .select((of) => of.fn.min('escalate_at').as('at'))
        .where('state', '=', 'pending')
        .as('asks'),
      is
        .selectFrom('grants')
        .select((of) => of.fn.min('activate_by').as('at'))
        .where('state', '=', 'approved')
        .as('unused'),
      is
        .selectFrom('grants')
        .select((of) => of.fn.min('expires_at').as('at'))
        .where('state', '=', 'active')
        .as('active'),
      is
        .selectFrom('command_reviews')
        .select((of) => of.fn.min('expires_at').as('at'))
        .where('state', '=', 'pending')
        .as('held'),
      is
        .selectFrom('command_reviews')
        .select((of) => of.fn.min('escalate_at').as('at'))
        .where('state', '=', 'pending')
        .as('escalates'),
    ])
    .executeTakeFirst();
  const deadlines = [row?.request, row?.asks, row?.unused, row?.active, row?.held, row?.escalates].filter(
    (at) => at instanceof Date,
  );
  return deadlines.sort((a, b) => a.getTime() - b.getTime())[0];
}
