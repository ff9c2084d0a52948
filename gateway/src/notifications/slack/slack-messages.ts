import type { Kysely } from 'kysely';
import type { Database } from '../../store/database.ts';
import type { PostedMessage } from './slack-api.ts';

/** How long Slack's calls are remembered, in ms: longer than they would be taken. */
const REMEMBER = 900_000;

/** What the gateways know of Slack together: which message stands for what, and which calls were taken. */
export class SlackMessages {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async find(subject: string): Promise<PostedMessage | undefined> {
    return this.#db
      .selectFrom('slack_messages')
      .select(['channel', 'ts'])
      .where('subject', '=', subject)
      .executeTakeFirst();
  }

  async keep(subject: string, { channel, ts }: PostedMessage): Promise<void> {
    await this.#db
      .insertInto('slack_messages')
      .values({ subject, channel, ts })
      .onConflict((conflict) => conflict.column('subject').doUpdateSet({ channel, ts }))
      .execute();
  }

  async forget(subject: string): Promise<void> {
    await this.#db.deleteFrom('slack_messages').where('subject', '=', subject).execute();
  }

  /** Whether this call is a new one; from then on it is known, on every gateway. @param now milliseconds */
  async isNewCall(id: string, now: number): Promise<boolean> {
    await this.#db
      .deleteFrom('slack_calls')
      .where('received_at', '<', new Date(now - REMEMBER))
      .execute();
    const { numInsertedOrUpdatedRows } = await this.#db
      .insertInto('slack_calls')
      .values({ id, received_at: new Date(now) })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  }
}
