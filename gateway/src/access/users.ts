import type { User, UserId } from '@drawbridge/contract';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database } from '../store/database.ts';

/** What `userOf` reads. */
export const USER_COLUMNS = ['id', 'provider', 'subject', 'name', 'display_name', 'email', 'groups'] as const;

/** A row of `users` in the contract's words. */
export const userOf = (row: Pick<Selectable<Database['users']>, (typeof USER_COLUMNS)[number]>): User => ({
  kind: 'user',
  id: row.id,
  provider: row.provider,
  subject: row.subject,
  name: row.name,
  displayName: row.display_name,
  ...(row.email === null ? {} : { email: row.email }),
  groups: row.groups,
});

/** A person as they are now: groups may have changed since they asked. Undefined where there is none. */
export async function findUser(executor: Kysely<Database>, id: UserId): Promise<User | undefined> {
  const row = await executor.selectFrom('users').select(USER_COLUMNS).where('id', '=', id).executeTakeFirst();
  return row && userOf(row);
}

/**
 * Everybody whose identity provider says that this e-mail address is theirs, in whatever case it is written, and when
 * it said so last.
 */
export async function findByVerifiedEmail(
  executor: Kysely<Database>,
  email: string,
): Promise<{ readonly user: User; readonly signedInAt: Date }[]> {
  const rows = await executor
    .selectFrom('users')
    .select(['id', 'signed_in_at'])
    .where(sql<string>`lower(email)`, '=', email.toLowerCase())
    .where('email_verified', '=', true)
    .orderBy('id')
    .execute();
  const people = [];
  for (const { id, signed_in_at: signedInAt } of rows) {
    const user = await findUser(executor, id);
    if (user) people.push({ user, signedInAt });
  }
  return people;
}
