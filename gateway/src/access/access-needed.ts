import { DrawbridgeError, type UserId } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import { listGrants } from './grant-rows.ts';

interface Wanted {
  readonly userId: UserId;
  readonly resource: string;
  readonly profile: string | undefined;
}

/** Why somebody can't connect now and what to do: wait for the review, or ask (again). @param now milliseconds */
export async function accessNeeded(
  db: Kysely<Database>,
  now: number,
  wanted: Wanted,
): Promise<DrawbridgeError> {
  const { userId, resource, profile } = wanted;
  const pending = await db
    .selectFrom('request_targets as t')
    .innerJoin('access_requests as r', 'r.id', 't.request_id')
    .select('r.id')
    .where('t.user_id', '=', userId)
    .where('t.resource', '=', resource)
    .where('t.pending', '=', true)
    .where('r.expires_at', '>', new Date(now))
    .$if(profile !== undefined, (query) => query.where('t.profile', '=', profile ?? ''))
    .executeTakeFirst();
  if (pending) {
    const message = `your request for ${resource} is still waiting for a review`;
    return new DrawbridgeError('access_needed', message, {
      id: pending.id,
      hint: 'Connect once it is approved.',
    });
  }
  const [last] = await listGrants(db, { limit: 1, userId, resource, profile }, now);
  const reason = last?.grant.endReason === undefined ? '' : ` (${last.grant.endReason})`;
  const over = last ? `; your last grant is ${last.grant.state}${reason}` : '';
  const what = profile === undefined ? resource : `${resource} with profile ${profile}`;
  return new DrawbridgeError('access_needed', `you have no access to ${what} now${over}`, {
    hint: `Ask for it: drawbridge request ${resource}${profile === undefined ? '' : ` --profile ${profile}`} --for 30m --reason "…"`,
  });
}
