import { DrawbridgeError, type UserId } from '@drawbridge/contract';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../store/database.ts';
import { listGrants } from './grant-rows.ts';

/** One person's profile of a resource. */
export interface Claimed {
  readonly resource: string;
  readonly profile: string;
}

/**
 * Lets one transaction at a time ask for, extend or end one person's access to the same things. Taken in one order,
 * so that two that ask for the same things in different orders wait for each other instead of standing still.
 */
export async function claim(
  transaction: Kysely<Database>,
  userId: UserId,
  targets: readonly Claimed[],
): Promise<void> {
  const keys = targets.map(({ resource, profile }) => `access ${userId} ${resource} ${profile}`).sort();
  for (const key of keys)
    await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(transaction);
}

/**
 * Pending first: a request that is approved meanwhile is then seen as its grant.
 * @param now milliseconds
 * @throws DrawbridgeError `already_pending`, `already_granted` with the id of what is there
 */
export async function assertNothingThere(
  transaction: Kysely<Database>,
  userId: UserId,
  { resource, profile }: Claimed,
  now: number,
): Promise<void> {
  const pending = await transaction
    .selectFrom('request_targets as t')
    .innerJoin('access_requests as r', 'r.id', 't.request_id')
    .select(['r.id', 'r.extends'])
    .where('t.user_id', '=', userId)
    .where('t.resource', '=', resource)
    .where('t.profile', '=', profile)
    .where('t.pending', '=', true)
    .executeTakeFirst();
  const what = `${profile} of ${resource}`;
  if (pending && pending.extends === null)
    throw new DrawbridgeError('already_pending', `your request for ${what} is waiting for a review already`, {
      id: pending.id,
      hint: 'Wait for it, or cancel it and ask anew.',
    });
  const [usable] = await listGrants(
    transaction,
    { limit: 1, userId, resource, profile, state: 'usable' },
    now,
  );
  if (usable)
    throw new DrawbridgeError('already_granted', `you have access to ${what} already`, {
      id: usable.grant.id,
      hint: `Use it: drawbridge connect ${resource}. For more time: drawbridge extend ${resource}`,
    });
}
