import { type Kysely, sql } from 'kysely';
import type { Database } from '../store/database.ts';
import type { Keyring } from '../store/keyring.ts';
import type { Message, ToldEvent } from './endpoint.ts';

/** How long what was given up stays in the store to be looked at, in ms. */
const KEEP_FAILED = 30 * 86_400_000;
/** After so long, in ms, what is due and nobody takes is given up: no gateway has its endpoint any more. */
const KEEP_ORPHANS = 3 * 86_400_000;

export interface OutboxCount {
  readonly endpoint: string;
  readonly pending: number;
  readonly failed: number;
}

/**
 * What is to be told, in the store: written in the transaction of the change that it tells of, taken by any gateway,
 * and gone once it was delivered. Bodies are sealed, since they may hold statements.
 */
export class Outbox {
  readonly #db: Kysely<Database>;
  readonly #keyring: Pick<Keyring, 'seal' | 'open'>;

  constructor(db: Kysely<Database>, keyring: Pick<Keyring, 'seal' | 'open'>) {
    this.#db = db;
    this.#keyring = keyring;
  }

  async put(
    transaction: Kysely<Database>,
    { id, type, subject, at }: ToldEvent,
    bodies: ReadonlyMap<string, string>,
  ): Promise<void> {
    if (bodies.size === 0) return;
    await transaction
      .insertInto('notifications')
      .values(
        [...bodies].map(([endpoint, body]) => ({
          id,
          endpoint,
          type,
          subject,
          sealed_body: this.#keyring.seal(Buffer.from(body, 'utf8'), contextOf(endpoint, id)),
          occurred_at: at,
          due_at: at,
          last_error: null,
        })),
      )
      .execute();
  }

  /**
   * Takes up to `limit` messages that are due, for `lease` milliseconds: whoever crashes with one leaves it to the
   * others after that. Of one subject only the oldest, so that a receiver hears of things in their order.
   */
  async take(endpoint: string, limit: number, now: number, lease: number): Promise<Message[]> {
    const rows = await this.#db
      .updateTable('notifications')
      .set((is) => ({ attempts: is('attempts', '+', 1), due_at: new Date(now + lease) }))
      .where('seq', 'in', (of) =>
        of
          .selectFrom('notifications as n')
          .select('n.seq')
          .where('n.endpoint', '=', endpoint)
          .where('n.state', '=', 'pending')
          .where('n.due_at', '<=', new Date(now))
          .where((is) =>
            is.not(
              is.exists(
                is
                  .selectFrom('notifications as earlier')
                  .select('earlier.seq')
                  .whereRef('earlier.endpoint', '=', 'n.endpoint')
                  .whereRef('earlier.subject', '=', 'n.subject')
                  .where('earlier.state', '=', 'pending')
                  .whereRef('earlier.seq', '<', 'n.seq'),
              ),
            ),
          )
          .orderBy('n.seq')
          .limit(limit)
          .forUpdate()
          .skipLocked(),
      )
      .returning(['seq', 'id', 'type', 'subject', 'sealed_body', 'attempts'])
      .execute();
    return rows.map(({ sealed_body, ...row }) => ({
      ...row,
      body: this.#keyring.open(sealed_body, contextOf(endpoint, row.id)).toString('utf8'),
    }));
  }

  async delivered({ seq }: Message): Promise<void> {
    await this.#db.deleteFrom('notifications').where('seq', '=', seq).execute();
  }

  /** To be tried again at `due`, in milliseconds. */
  async postpone({ seq }: Message, due: number, reason: string): Promise<void> {
    await this.#db
      .updateTable('notifications')
      .set({ due_at: new Date(due), last_error: reason })
      .where('seq', '=', seq)
      .where('state', '=', 'pending')
      .execute();
  }

  /** Not to be tried again; what comes after it is no longer held up. */
  async giveUp({ seq }: Message, reason: string): Promise<void> {
    await this.#db
      .updateTable('notifications')
      .set({ state: 'failed', last_error: reason })
      .where('seq', '=', seq)
      .execute();
  }

  /** When the next message of an endpoint is due, in milliseconds. */
  async nextDue(endpoint: string): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('notifications')
      .select((is) => is.fn.min('due_at').as('at'))
      .where('endpoint', '=', endpoint)
      .where('state', '=', 'pending')
      .executeTakeFirst();
    return row?.at?.getTime();
  }

  /** Lets go of what was given up long ago, and gives up what is for endpoints that are no longer there. */
  async tidy(endpoints: readonly string[], now: number): Promise<number> {
    await this.#db
      .deleteFrom('notifications')
      .where('state', '=', 'failed')
      .where('occurred_at', '<', new Date(now - KEEP_FAILED))
      .execute();
    const { numUpdatedRows } = await this.#db
      .updateTable('notifications')
      .set({ state: 'failed', last_error: 'no gateway is configured to tell this endpoint any more' })
      .where('state', '=', 'pending')
      .where('due_at', '<', new Date(now - KEEP_ORPHANS))
      .$if(endpoints.length > 0, (query) => query.where('endpoint', 'not in', [...endpoints]))
      .executeTakeFirst();
    return Number(numUpdatedRows);
  }

  async counts(): Promise<OutboxCount[]> {
    const rows = await this.#db
      .selectFrom('notifications')
      .select('endpoint')
      .select(sql<string>`count(*) filter (where state = 'pending')`.as('pending'))
      .select(sql<string>`count(*) filter (where state = 'failed')`.as('failed'))
      .groupBy('endpoint')
      .execute();
    return rows.map(({ endpoint, pending, failed }) => ({
      endpoint,
      pending: Number(pending),
      failed: Number(failed),
    }));
  }
}

const contextOf = (endpoint: string, id: string): string => `notification:${endpoint}:${id}`;
