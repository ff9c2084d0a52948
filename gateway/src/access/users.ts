import type { User, UserId } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';

/** A person as they are now: groups may have changed since they asked. Undefined where there is none. */
export async function findUser(executor: Kysely<Database>, id: UserId): Promise<User | undefined> {
  const row = await executor
    .selectFrom('users')
    .select(['id', 'provider', 'subject', 'name', 'display_name', 'email', 'groups'])
    .where('id', '=', id)
    .executeTakeFirst();
  return (
    row && {
      kind: 'user',
      id: row.id,
      provider: row.provider,
      subject: row.subject,
      name: row.name,
      displayName: row.display_name,
      ...(row.email === null ? {} : { email: row.email }),
      groups: row.groups,
    }
  );
}
