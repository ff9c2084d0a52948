import type { Clock } from '../../../clock.ts';
import { closeTarget, runCatalogQuery } from './catalog-query.ts';
import type { TargetConnection } from './connect-target.ts';

/**
 * The gateway's own queries on a session's target: over the session's connection while the client has not begun,
 * later each over a connection of its own, so that they never mix with the client's.
 */
export class CatalogQueries {
  readonly #open: () => Promise<TargetConnection>;
  readonly #clock: Clock;
  #own: TargetConnection | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param open dials with the session's credential. */
  constructor(own: TargetConnection, open: () => Promise<TargetConnection>, clock: Clock) {
    this.#own = own;
    this.#open = open;
    this.#clock = clock;
  }

  /** One at a time, in order. @throws CatalogQueryFailed, SessionFailure, FrameSourceEnded */
  readonly query = (sql: string): Promise<(string | null)[][]> => {
    const result = this.#last.then(() => this.#run(sql));
    this.#last = result.catch(() => undefined);
    return result;
  };

  /** From now on the session's connection is the client's. */
  async handOver(): Promise<void> {
    await this.#last;
    this.#own = undefined;
  }

  async #run(sql: string): Promise<(string | null)[][]> {
    if (this.#own !== undefined) return runCatalogQuery(this.#own, sql, this.#clock);
    const target = await this.#open();
    try {
      return await runCatalogQuery(target, sql, this.#clock);
    } finally {
      closeTarget(target);
    }
  }
}
