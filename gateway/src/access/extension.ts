import { DrawbridgeError, type Grant, GrantId, type NewRequestInput, type User } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import type { Announcer } from './announce.ts';
import type { Actor } from './caller.ts';
import { findGrant } from './grant-rows.ts';
import { notActive } from './not-active.ts';

/**
 * The grant that a request is to prolong: the caller's own, with time running.
 * @param now milliseconds
 * @throws DrawbridgeError `not_found`, `invalid_request`, `grant_expired`, `not_active`, `already_pending`
 */
export async function prolongable(
  transaction: Kysely<Database>,
  user: Pick<User, 'id'>,
  wish: Pick<NewRequestInput, 'resource' | 'profile' | 'also' | 'scope'> & { readonly extends: string },
  now: number,
): Promise<Grant> {
  const { grant } = (await findGrant(transaction, GrantId.parse(wish.extends), now)) ?? {};
  if (grant?.principal.id !== user.id)
    throw new DrawbridgeError('not_found', `you hold no grant ${wish.extends}`, {
      hint: 'See what you have: drawbridge grants',
    });
  if (grant.resource !== wish.resource || grant.profile !== wish.profile)
    throw invalid('extends', `${grant.id} is for ${grant.profile} of ${grant.resource}`);
  if ((wish.also?.length ?? 0) > 0) throw invalid('also', 'a grant is extended on its own');
  if (wish.scope !== undefined) throw invalid('scope', 'what is extended stays as narrow as it is');
  if (grant.state === 'approved')
    throw new DrawbridgeError('not_active', 'its time has not begun, so there is nothing to extend', {
      id: grant.id,
      hint: 'It begins when you first connect.',
    });
  if (grant.state !== 'active') throw notActive(grant);
  const pending = await transaction
    .selectFrom('access_requests')
    .select('id')
    .where('extends', '=', grant.id)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  if (pending)
    throw new DrawbridgeError(
      'already_pending',
      'your request for more time is waiting for a review already',
      {
        id: pending.id,
        hint: 'Wait for it, or cancel it and ask anew.',
      },
    );
  return grant;
}

/** A grant is over, so nobody has to decide any more whether it goes on. @param now milliseconds */
export async function dropExtensions(
  transaction: Kysely<Database>,
  announcer: Announcer,
  actor: Actor,
  grant: GrantId,
  now: number,
): Promise<void> {
  const dropped = await transaction
    .updateTable('access_requests')
    .set({ state: 'cancelled', decided_at: new Date(now) })
    .where('extends', '=', grant)
    .where('state', '=', 'pending')
    .returning('id')
    .execute();
  for (const { id } of dropped)
    await announcer.changed(
      transaction,
      { kind: 'request', id },
      { actor, action: 'request.cancelled', subject: id, reason: 'the grant that it would extend has ended' },
    );
}

const invalid = (path: string, message: string) =>
  new DrawbridgeError('invalid_request', message, { issues: [{ path, message }] });
