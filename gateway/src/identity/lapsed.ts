import { type Kysely, sql } from 'kysely';
import type { Audit } from '../access/audit.ts';
import type { Database } from '../store/database.ts';
import { ACCESS_TOKEN_LIFETIME } from './authorization-server.ts';
import { signInEnded } from './sign-ins.ts';

/**
 * Removes what has expired, and closes the sign-ins that nobody can refresh any more. These are not announced:
 * running out is not signing out, and what was begun under them ends with its own grant.
 */
export async function removeLapsed(
  db: Kysely<Database>,
  now: number,
  audit: Pick<Audit, 'append'>,
): Promise<void> {
  const at = new Date(now);
  await db.deleteFrom('oidc_payloads').where('expires_at', '<', at).execute();
  await db.deleteFrom('upstream_sign_ins').where('expires_at', '<', at).execute();
  await db.transaction().execute(async (transaction) => {
    for (const { id, user_id } of await closeLapsed(transaction, now))
      await audit.append(signInEnded(id, user_id, 'lapsed'), transaction);
  });
}

function closeLapsed(db: Kysely<Database>, now: number) {
  const at = new Date(now);
  return (
    db
      .updateTable('sign_ins')
      .set({ ended_at: at, end_reason: 'lapsed' })
      .where('ended_at', 'is', null)
      // A fresh sign-in has no refresh token before its code is redeemed.
      .where('created_at', '<', new Date(now - ACCESS_TOKEN_LIFETIME * 1000))
      .where((is) =>
        is.or([
          is('expires_at', '<', at),
          is.not(
            is.exists(
              is
                .selectFrom('oidc_payloads')
                .select(sql`1`.as('one'))
                .whereRef('oidc_payloads.grant_id', '=', 'sign_ins.oidc_grant_id')
                .where('oidc_payloads.consumed_at', 'is', null),
            ),
          ),
        ]),
      )
      .returning(['id', 'user_id'])
      .execute()
  );
}
