import type { UserId } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import type { Announcer } from './announce.ts';

interface Scope {
  readonly userId: UserId;
  readonly resource: string;
  readonly profile: string;
}

/**
 * Writes down what its deadline has ended: pending requests, grants nobody used in time, active grants. Each
 * row is taken from the state it was in, so of several gateways that try one does it. Returns how many.
 * @param transaction the transaction in which it happens
 * @param now milliseconds
 */
export async function lapseOverdue(
  transaction: Kysely<Database>,
  announcer: Announcer,
  now: number,
  scope?: Scope,
): Promise<number> {
  const at = new Date(now);
  let requests = transaction
    .updateTable('access_requests')
    .set({ state: 'expired', decided_at: (is) => is.ref('expires_at') })
    .where('state', '=', 'pending')
    .where('expires_at', '<=', at)
    .returning('id');
  let unused = transaction
    .updateTable('grants')
    .set({ state: 'expired', ended_at: (is) => is.ref('activate_by'), end_reason: 'not used in time' })
    .where('state', '=', 'approved')
    .where('activate_by', '<=', at)
    .returning(['id', 'end_reason']);
  let over = transaction
    .updateTable('grants')
    .set({ state: 'expired', ended_at: (is) => is.ref('expires_at'), end_reason: 'its time was over' })
    .where('state', '=', 'active')
    .where('expires_at', '<=', at)
    .returning(['id', 'end_reason']);
  if (scope) {
    requests = requests
      .where('user_id', '=', scope.userId)
      .where('resource', '=', scope.resource)
      .where('profile', '=', scope.profile);
    unused = unused
      .where('user_id', '=', scope.userId)
      .where('resource', '=', scope.resource)
      .where('profile', '=', scope.profile);
    over = over
      .where('user_id', '=', scope.userId)
      .where('resource', '=', scope.resource)
      .where('profile', '=', scope.profile);
  }
  const lapsed = await requests.execute();
  for (const { id } of lapsed)
    await announcer.changed(
      transaction,
      { kind: 'request', id },
      { actor: 'gateway', action: 'request.expired', subject: id, reason: 'not decided in time' },
    );
  const expired = [...(await unused.execute()), ...(await over.execute())];
  for (const { id, end_reason } of expired)
    await announcer.changed(
      transaction,
      { kind: 'grant', id },
      { actor: 'gateway', action: 'grant.expired', subject: id, reason: end_reason ?? undefined },
    );
  return lapsed.length + expired.length;
}
