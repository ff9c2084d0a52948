import type { User, UserId } from '@drawbridge/contract';
import type { Kysely, Selectable } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../new-id.ts';
import type { Database } from '../store/database.ts';
import type { Person } from './upstream.ts';

/** The people this gateway knows, each one (provider, subject) pair. */
export class Users {
  readonly #db: Kysely<Database>;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(db: Kysely<Database>, clock: Pick<Clock, 'now'>) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Takes down who signed in: a new user, or the known one with today's name and groups. */
  async save(person: Person): Promise<User> {
    const now = new Date(this.#clock.now());
    const shown = {
      name: person.name,
      display_name: person.displayName,
      email: person.email ?? null,
      email_verified: person.email !== undefined && person.emailVerified,
      groups: [...person.groups],
      signed_in_at: now,
    };
    const row = await this.#db
      .insertInto('users')
      .values({
        id: newId('usr'),
        provider: person.provider,
        subject: person.subject,
        created_at: now,
        ...shown,
      })
      .onConflict((conflict) => conflict.columns(['provider', 'subject']).doUpdateSet(shown))
      .returningAll()
      .executeTakeFirstOrThrow();
    return toUser(row);
  }

  async find(id: string): Promise<User | undefined> {
    const row = await this.#db
      .selectFrom('users')
      .selectAll()
      .where('id', '=', id as UserId)
      .executeTakeFirst();
    return row && toUser(row);
  }
}

/** A row of `users` in the contract's words. */
export function toUser(
  row: Pick<
    Selectable<Database['users']>,
    'id' | 'provider' | 'subject' | 'name' | 'display_name' | 'email' | 'groups'
  >,
): User {
  return {
    kind: 'user',
    id: row.id,
    provider: row.provider,
    subject: row.subject,
    name: row.name,
    displayName: row.display_name,
    ...(row.email === null ? {} : { email: row.email }),
    groups: row.groups,
  };
}
