import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import type { Announcer } from './announce.ts';
import { NOT_IN_TIME, SESSION_OVER } from './command-review-rows.ts';
import { escalated } from './escalation.ts';

/**
 * Writes down what time did to held commands: those that nobody decided on, those whose session is over (its gateway
 * may be, too), and those that further groups are to be asked about. Each row is taken from the state it was in, so
 * of several gateways that try one does it.
 * @param transaction the transaction in which it happens
 * @param now milliseconds
 */
export async function lapseCommands(
  transaction: Kysely<Database>,
  announcer: Announcer,
  now: number,
): Promise<void> {
  const at = new Date(now);
  const withdrawn = await transaction
    .updateTable('command_reviews')
    .set({ state: 'withdrawn', decided_at: at, state_reason: SESSION_OVER })
    .where('state', '=', 'pending')
    .where((is) =>
      is.exists(
        is
          .selectFrom('sessions as s')
          .select('s.id')
          .whereRef('s.id', '=', 'command_reviews.session_id')
          .where('s.state', '=', 'closed'),
      ),
    )
    .returning(['id', 'resource'])
    .execute();
  for (const { id, resource } of withdrawn)
    await announcer.changed(
      transaction,
      { kind: 'command', id },
      {
        actor: 'gateway',
        action: 'command.withdrawn',
        subject: id,
        reason: SESSION_OVER,
        resource,
      },
    );
  const expired = await transaction
    .updateTable('command_reviews')
    .set({ state: 'expired', decided_at: (is) => is.ref('expires_at'), state_reason: NOT_IN_TIME })
    .where('state', '=', 'pending')
    .where('expires_at', '<=', at)
    .returning(['id', 'resource'])
    .execute();
  for (const { id, resource } of expired)
    await announcer.changed(
      transaction,
      { kind: 'command', id },
      {
        actor: 'gateway',
        action: 'command.expired',
        subject: id,
        reason: NOT_IN_TIME,
        resource,
      },
    );
  await escalate(transaction, announcer, now);
}

async function escalate(transaction: Kysely<Database>, announcer: Announcer, now: number): Promise<void> {
  const due = await transaction
    .selectFrom('command_reviews')
    .select(['id', 'resource', 'needs', 'created_at', 'review_groups'])
    .where('state', '=', 'pending')
    .where('escalate_at', '<=', new Date(now))
    .orderBy('id')
    .forUpdate()
    .execute();
  for (const each of due) {
    const { id, resource } = each;
    const { row, further } = escalated(each, now);
    await transaction.updateTable('command_reviews').set(row).where('id', '=', id).execute();
    await announcer.changed(
      transaction,
      { kind: 'command', id },
      {
        actor: 'gateway',
        action: 'command.escalated',
        subject: id,
        reason: 'nobody decided so far',
        resource,
        details: { groups: further },
      },
    );
  }
}
