import type { User } from '@drawbridge/contract';
import type { Kysely, Selectable } from 'kysely';
import type { Database } from '../store/database.ts';

const COLUMNS = ['id', 'provider', 'subject', 'name', 'display_name', 'email', 'groups'] as const;
type Row = Pick<Selectable<Database['users']>, (typeof COLUMNS)[number]>;

/** People who have signed in, by name. */
export async function listPeople(executor: Kysely<Database>, limit: number): Promise<User[]> {
  const rows = await executor
    .selectFrom('users')
    .select(COLUMNS)
    .orderBy('name')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(userOf);
}

/** Those with this login name: one of each identity provider at most. */
export async function findPeople(executor: Kysely<Database>, name: string): Promise<User[]> {
  const rows = await executor
    .selectFrom('users')
    .select(COLUMNS)
    .where('name', '=', name)
    .orderBy('id')
    .execute();
  return rows.map(userOf);
}

const userOf = (row: Row): User => ({
  kind: 'user',
  id: row.id,
  provider: row.provider,
  subject: row.subject,
  name: row.name,
  displayName: row.display_name,
  ...(row.email === null ? {} : { email: row.email }),
  groups: row.groups,
});
