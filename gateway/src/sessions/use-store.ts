import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import type { CountedUse } from './use-counter.ts';

/** Rows of one statement; each takes fourteen of its 65,535 parameters. */
const BATCH = 1_000;

/** The rows of `session_uses`. Each session's are written by the gateway that holds it, alone. */
export class UseStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** Writes counts as they now are; writing the same again changes nothing. */
  async write(uses: readonly CountedUse[]): Promise<void> {
    for (let at = 0; at < uses.length; at += BATCH)
      await this.#db
        .insertInto('session_uses')
        .values(uses.slice(at, at + BATCH).map(toRow))
        .onConflict((conflict) =>
          conflict.columns(['session_id', 'minute', 'key']).doUpdateSet({
            count: (is) => is.ref('excluded.count'),
            last_at: (is) => is.ref('excluded.last_at'),
            reviews: (is) => is.ref('excluded.reviews'),
          }),
        )
        .execute();
  }
}

const toRow = (use: CountedUse) => ({
  session_id: use.sessionId,
  minute: new Date(use.minute),
  key: use.key,
  user_id: use.userId,
  resource: use.resource,
  action: use.action,
  object: use.object ?? null,
  table_name: use.table ?? null,
  decision: use.decision,
  policies: [...use.policies],
  reviews: [...use.reviews],
  count: use.count,
  first_at: new Date(use.firstAt),
  last_at: new Date(use.lastAt),
});
