import type { CommandReviewId, CommandReviewState } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';

/** How a held command's wait is over. */
export interface Settlement {
  readonly state: Exclude<CommandReviewState, 'pending'>;
  readonly reason?: string | undefined;
  /** Its sender went ahead: why, and which groups are told. */
  readonly brokenGlass?: { readonly reason: string; readonly told: readonly string[] };
}

/**
 * Writes down that the wait is over, if it wasn't yet: the one way out of `pending` for a single command.
 * @param now milliseconds
 * @returns whether it was pending until now
 */
export async function settleCommand(
  transaction: Kysely<Database>,
  id: CommandReviewId,
  { state, reason, brokenGlass }: Settlement,
  now: number,
): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('command_reviews')
    .set({
      state,
      decided_at: new Date(now),
      state_reason: reason ?? null,
      glass_reason: brokenGlass?.reason ?? null,
      told_groups: [...(brokenGlass?.told ?? [])],
    })
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
