import type { UserId } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import type { Announcer } from './announce.ts';
import type { Claimed } from './claim.ts';
import { escalated } from './escalation.ts';

/** What one person may hold or wait for. */
interface Scope {
  readonly userId: UserId;
  readonly targets: readonly Claimed[];
}

/**
 * Writes down what time did: pending requests that nobody decided on, those that further groups are to be asked about,
 * grants nobody used in time, active grants that are over. Each row is taken from the state it was in, so of several
 * gateways that try one does it. Returns how many ended.
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
    const { userId, targets } = scope;
    requests = requests.where('user_id', '=', userId).where((is) =>
      is.exists(
        is
          .selectFrom('request_targets as t')
          .select('t.request_id')
          .whereRef('t.request_id', '=', 'access_requests.id')
          .where((of) =>
            of.or(
              targets.map((each) =>
                of.and([of('t.resource', '=', each.resource), of('t.profile', '=', each.profile)]),
              ),
            ),
          ),
      ),
    );
    unused = unused
      .where('user_id', '=', userId)
      .where((is) => is.or(targets.map(({ resource, profile }) => is.and({ resource, profile }))));
    over = over
      .where('user_id', '=', userId)
      .where((is) => is.or(targets.map(({ resource, profile }) => is.and({ resource, profile }))));
  }
  const lapsed = await requests.execute();
  for (const { id } of lapsed)
    await announcer.changed(
      transaction,
      { kind: 'request', id },
      { actor: 'gateway', action: 'request.expired', subject: id, reason: 'not decided in time' },
    );
  if (!scope) await escalate(transaction, announcer, now);
  const expired = [...(await unused.execute()), ...(await over.execute())];
  for (const { id, end_reason } of expired)
    await announcer.changed(
      transaction,
      { kind: 'grant', id },
      { actor: 'gateway', action: 'grant.expired', subject: id, reason: end_reason ?? undefined },
    );
  return lapsed.length + expired.length;
}

async function escalate(transaction: Kysely<Database>, announcer: Announcer, now: number): Promise<void> {
  const due = await transaction
    .selectFrom('access_requests')
    .select(['id', 'needs', 'created_at', 'review_groups'])
    .where('state', '=', 'pending')
    .where('escalate_at', '<=', new Date(now))
    .orderBy('id')
    .forUpdate()
    .execute();
  for (const each of due) {
    const { id } = each;
    const { row, further } = escalated(each, now);
    await transaction.updateTable('access_requests').set(row).where('id', '=', id).execute();
    await announcer.changed(
      transaction,
      { kind: 'request', id },
      {
        actor: 'gateway',
        action: 'request.escalated',
        subject: id,
        reason: 'not decided so far',
        details: { groups: further },
      },
    );
  }
}
