import type { GatewayId, SessionId } from '@drawbridge/contract';
import { type Kysely, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';
import type { Recordings } from '../recording/recorder.ts';
import type { Database } from '../store/database.ts';
import { gatewayLock, TAKEN_FOR_DEAD } from '../store/life-sign.ts';
import type { SessionStore, TellClosed } from './session-store.ts';

export interface SurvivorParts {
  readonly db: Kysely<Database>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  /** Whether this gateway hears from the store itself; else it leaves the others alone. */
  readonly isConnected: () => boolean;
  readonly store: Pick<SessionStore, 'gatewaysElsewhere' | 'closeAbandoned' | 'setRecording'>;
  readonly recordings: Pick<Recordings, 'openElsewhere' | 'recover'>;
  readonly tellClosed: TellClosed;
  /** Told once sessions were closed: what they held is withdrawn. */
  readonly closed: () => Promise<void>;
  /** Tells of a session whose recording was sealed. */
  readonly sealed: (session: SessionId) => Promise<void>;
}

/** How often it is looked whether another gateway is gone, in ms. */
const SWEEP_EVERY = 5_000;
/** When to try again what could not be sealed, in ms: it is damaged, of another key, or of a process that still runs. */
const AGAIN_AFTER = 600_000;

interface Gone {
  readonly id: GatewayId;
  readonly host: string;
  readonly seenAt: Date;
}

/**
 * Puts away what other gateways of the store left when they went without a word: closes their sessions, and seals the
 * recordings that are within reach. It does so holding the gone gateway's own lock, so of several that try one does it,
 * and the gone one, should it start again, waits until that is done.
 */
export class Survivor {
  readonly #parts: SurvivorParts;
  /** Gateways whose recordings were looked at, and when. */
  readonly #lookedAt = new Map<GatewayId, number>();
  #cancel: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: SurvivorParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#later();
  }

  /** Waits for what is being done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#running;
  }

  /** Looks once, now. Gateways of releases that gave no signs of life are left alone: nobody knows whether they live. */
  async sweep(): Promise<void> {
    const { clock, isConnected, recordings, store } = this.#parts;
    if (!isConnected()) return;
    const unsealed = (await recordings.openElsewhere()).filter(
      (id) => clock.now() - (this.#lookedAt.get(id) ?? Number.NEGATIVE_INFINITY) >= AGAIN_AFTER,
    );
    for (const id of new Set([...(await store.gatewaysElsewhere()), ...unsealed])) {
      if (this.#stopped) return;
      if ((await this.#gone(this.#parts.db, id)) !== undefined) await this.#putAway(id);
    }
  }

  #later(): void {
    this.#cancel = this.#parts.clock.after(SWEEP_EVERY, () => {
      this.#running = this.sweep()
        .catch((error: unknown) =>
          this.#parts.logger.warn({ err: error }, 'other gateways could not be looked after; trying again'),
        )
        .finally(() => {
          if (!this.#stopped) this.#later();
        });
    });
  }

  /** The gateway, if it has ended or was not heard for long. Not asked of its lock: an instant without one is no death. */
  async #gone(executor: Kysely<Database>, id: GatewayId): Promise<Gone | undefined> {
    const row = await executor
      .selectFrom('gateways')
      .select(['host', 'seen_at', 'stopped_at'])
      .where('id', '=', id)
      .where((is) =>
        is.or([
          is('stopped_at', 'is not', null),
          is('seen_at', '<', sql<Date>`now() - ${TAKEN_FOR_DEAD} * interval '1 millisecond'`),
        ]),
      )
      .executeTakeFirst();
    return row && { id, host: row.host, seenAt: row.stopped_at ?? row.seen_at };
  }

  async #putAway(id: GatewayId): Promise<void> {
    await this.#parts.db.connection().execute(async (connection) => {
      const { rows } = await sql<{
        taken: boolean;
      }>`select pg_try_advisory_lock(${gatewayLock(id)}) as taken`.execute(connection);
      // It lives after all, or another is at it.
      if (rows[0]?.taken !== true) return;
      try {
        // It may have come and gone since.
        const gone = await this.#gone(connection, id);
        if (gone !== undefined) await this.#closeAndSeal(gone);
      } finally {
        await sql`select pg_advisory_unlock(${gatewayLock(id)})`.execute(connection);
      }
    });
  }

  async #closeAndSeal({ id, host, seenAt }: Gone): Promise<void> {
    const { clock, closed, logger, recordings, sealed, store, tellClosed } = this.#parts;
    this.#lookedAt.set(id, clock.now());
    const sessions = await store.closeAbandoned(seenAt, tellClosed, id);
    if (sessions.length > 0) {
      logger.warn({ gateway: id, host, seenAt, sessions }, 'closed sessions of a gateway that is gone');
      await closed();
    }
    for (const { session, crashed } of await recordings.recover(id)) {
      await store.setRecording(session, crashed ? 'sealed-after-crash' : 'sealed');
      logger.warn({ gateway: id, session }, 'sealed a recording of a gateway that is gone');
      await sealed(session);
    }
  }
}
