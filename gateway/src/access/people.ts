import type { User } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import { USER_COLUMNS, userOf } from './users.ts';

/** People who have signed in, by name. */
export async function listPeople(executor: Kysely<Database>, limit: number): Promise<User[]> {
  const rows = await executor
    .selectFrom('users')
    .select(USER_COLUMNS)
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
    .select(USER_COLUMNS)
    .where('name', '=', name)
    .orderBy('id')
    .execute();
  return rows.map(userOf);
}
