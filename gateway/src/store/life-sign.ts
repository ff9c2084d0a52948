import type { GatewayId } from '@drawbridge/contract';
import { sql } from 'kysely';
import type { Client } from 'pg';
import type { Clock } from '../clock.ts';
import { StoreError } from './store-error.ts';

/**
 * Each gateway holds an advisory lock of its own for as long as it is connected, and says every few seconds that it
 * lives. It is taken for dead once its lock is free and nothing was heard of it for `TAKEN_FOR_DEAD`. Before that it
 * has ended its sessions by itself, as it must when it doesn't hear from its store; and whatever of it was frozen
 * meanwhile and wakes up records nothing any more once `OWN_LIFE` is over. In ms; the store measures the one, the gateway
 * the other, both from the same sign of life.
 */
export const TAKEN_FOR_DEAD = 25_000;
const OWN_LIFE = 20_000;

/** How long a start waits for the gateway's lock, in ms: longer than the server needs to notice that the one before is gone. */
const START_PATIENCE = 30_000;
const TRY_EVERY = 250;

/** Has the server notice within about 10 s that a machine is gone that could not say so; ignored where there is no TCP. */
const NOTICE_SOON =
  'set tcp_keepalives_idle = 4; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3';

export interface LifeSignParts {
  readonly gatewayId: GatewayId;
  readonly name: string;
  /** The machine, for people. */
  readonly host: string;
  readonly version: string;
  readonly clock: Clock;
}

/** The key of the advisory lock of one gateway, as SQL. */
export const gatewayLock = (id: GatewayId) => sql<string>`hashtextextended(${`gateway ${id}`}, 0)`;

const LOCK = `hashtextextended('gateway ' || $1, 0)`;

/** This gateway's life, as the others on its store see it. Rides on the connection of the live channel. */
export class LifeSign {
  readonly #parts: LifeSignParts;
  #until = Number.NEGATIVE_INFINITY;
  #started = false;
  /** Process id, at the server, of the connection that held the lock last. */
  #before: number | undefined;

  constructor(parts: LifeSignParts) {
    this.#parts = parts;
  }

  /**
   * Begins it on a new connection, or goes on. To be called before anything else is done on that connection.
   * @throws Error where somebody else has the lock: another process of this id, or one that puts away what this left
   */
  async begin(client: Client): Promise<void> {
    const { clock, gatewayId, host, name, version } = this.#parts;
    await client.query(NOTICE_SOON);
    await this.#take(client);
    const now = clock.now();
    await client.query(
      `insert into gateways (id, name, host, version, started_at, seen_at) values ($1, $2, $3, $4, now(), now())
       on conflict (id) do update set name = excluded.name, host = excluded.host, version = excluded.version,
         started_at = case when $5 then gateways.started_at else now() end, seen_at = now(), stopped_at = null`,
      [gatewayId, name, host, version, this.#started],
    );
    this.#until = now + OWN_LIFE;
    this.#started = true;
  }

  /** One more sign of life. */
  async beat(client: Client): Promise<void> {
    const now = this.#parts.clock.now();
    await client.query('update gateways set seen_at = now() where id = $1', [this.#parts.gatewayId]);
    this.#until = now + OWN_LIFE;
  }

  /** Says that it ends in order, so that nobody waits for it. */
  async stop(client: Client): Promise<void> {
    await client.query('update gateways set stopped_at = now() where id = $1', [this.#parts.gatewayId]);
  }

  /** @throws Error once others may have taken this gateway for dead, and put its recordings away. */
  assertAlive(): void {
    if (this.#parts.clock.now() < this.#until) return;
    throw new Error('the gateway has not been heard by its store for so long that others take it for dead');
  }

  async #take(client: Client): Promise<void> {
    const { clock, gatewayId } = this.#parts;
    const patience = this.#started ? 0 : START_PATIENCE;
    const since = clock.now();
    while (!(await this.#tryLock(client))) {
      if (clock.now() - since >= patience)
        throw new StoreError(
          'taken',
          `Another process runs as this gateway (${gatewayId}) on the same store. Two must not share a data folder, nor may one be a copy of another's: remove gateway-id from the copy.`,
        );
      await new Promise<void>((resolve) => void clock.after(TRY_EVERY, resolve));
    }
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    this.#before = rows[0]?.pid;
  }

  async #tryLock(client: Client): Promise<boolean> {
    const { gatewayId } = this.#parts;
    // The connection before may have been cut off without the server knowing yet; it is this gateway's own to end.
    if (this.#before !== undefined)
      await client.query(
        `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid = $2 and objsubid = 1
           and database = (select oid from pg_database where datname = current_database())
           and (classid::bigint << 32) | objid::bigint = ${LOCK}`,
        [gatewayId, this.#before],
      );
    const { rows } = await client.query<{ taken: boolean }>(`select pg_try_advisory_lock(${LOCK}) as taken`, [
      gatewayId,
    ]);
    return rows[0]?.taken === true;
  }
}
