import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import type { Announcer } from './announce.ts';
import type { Actor } from './caller.ts';

/**
 * Ends what hung on a resource or profile that is gone: pending requests are cancelled, grants revoked, and
 * with them their sessions. Else a resource of the same name, made later, would inherit them. A request for several
 * resources is cancelled as a whole: what is decided together is given together or not at all.
 * @param profiles those that are gone; all of them when absent
 */
export async function withdraw(
  transaction: Kysely<Database>,
  announcer: Announcer,
  actor: Actor,
  now: number,
  resource: string,
  profiles?: readonly string[],
): Promise<void> {
  const at = new Date(now);
  const reason =
    profiles === undefined
      ? `${resource} was removed`
      : `profile ${profiles.join(', ')} of ${resource} was removed`;
  const requests = await transaction
    .updateTable('access_requests')
    .set({ state: 'cancelled', decided_at: at })
    .where('state', '=', 'pending')
    .where('id', 'in', (of) =>
      of
        .selectFrom('request_targets as t')
        .select('t.request_id')
        .where('t.pending', '=', true)
        .where('t.resource', '=', resource)
        .$if(profiles !== undefined, (query) => query.where('t.profile', 'in', [...(profiles ?? [])])),
    )
    .returning('id')
    .execute();
  for (const { id } of requests)
    await announcer.changed(
      transaction,
      { kind: 'request', id },
      { actor, action: 'request.cancelled', subject: id, reason },
    );
  const grants = await transaction
    .updateTable('grants')
    .set({
      state: 'revoked',
      ended_at: at,
      ended_by: actor === 'gateway' ? null : actor.user.id,
      end_reason: reason,
    })
    .where('resource', '=', resource)
    .where('state', 'in', ['approved', 'active'])
    .$if(profiles !== undefined, (query) => query.where('profile', 'in', [...(profiles ?? [])]))
    .returning('id')
    .execute();
  for (const { id } of grants)
    await announcer.changed(
      transaction,
      { kind: 'grant', id },
      { actor, action: 'grant.revoked', subject: id, reason },
    );
}
