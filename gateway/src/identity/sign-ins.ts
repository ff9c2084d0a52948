import type { SignInId, UserId } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import { newId } from '../new-id.ts';
import type { Database } from '../store/database.ts';
import type { SignInEnd } from '../store/tables/identity.ts';

export interface NewSignIn {
  readonly userId: UserId;
  readonly clientId: string;
  readonly oidcGrantId: string;
  readonly authTime: Date | undefined;
  readonly amr: readonly string[];
  /** Seconds. */
  readonly maxLifetime: number;
}

/** Which open sign-ins: one by its id or by its grant at the authorization server, or all of a person. */
export type SignInSelector =
  | { readonly id: SignInId }
  | { readonly userId: UserId }
  | { readonly oidcGrantId: string };

/**
 * Sign-ins, each one person at one client and all tokens that came of it. Ending one takes its refresh tokens
 * and codes with it in the same transaction; its access tokens fail from then on since their sign-in is closed.
 */
export class SignIns {
  readonly #db: Kysely<Database>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #onEnded: (id: SignInId) => void;

  constructor(db: Kysely<Database>, clock: Pick<Clock, 'now'>, onEnded: (id: SignInId) => void) {
    this.#db = db;
    this.#clock = clock;
    this.#onEnded = onEnded;
  }

  async open({ userId, clientId, oidcGrantId, authTime, amr, maxLifetime }: NewSignIn): Promise<SignInId> {
    const id = newId('sgn');
    const now = this.#clock.now();
    await this.#db
      .insertInto('sign_ins')
      .values({
        id,
        user_id: userId,
        client_id: clientId,
        oidc_grant_id: oidcGrantId,
        auth_time: authTime ?? null,
        amr: [...amr],
        created_at: new Date(now),
        expires_at: new Date(now + maxLifetime * 1000),
        ended_at: null,
        end_reason: null,
      })
      .execute();
    return id;
  }

  /** The open sign-in of a grant at the authorization server. */
  async findOpenByGrant(oidcGrantId: string) {
    return this.#db
      .selectFrom('sign_ins')
      .select(['id', 'user_id', 'client_id', 'auth_time', 'amr'])
      .where('oidc_grant_id', '=', oidcGrantId)
      .where('ended_at', 'is', null)
      .executeTakeFirst();
  }

  /** Ends what is open of the selection, announces it, and says which these were. */
  async end(selector: SignInSelector, reason: SignInEnd): Promise<SignInId[]> {
    const ended = await this.#db.transaction().execute(async (transaction) => {
      const rows = await transaction
        .updateTable('sign_ins')
        .set({ ended_at: new Date(this.#clock.now()), end_reason: reason })
        .where('ended_at', 'is', null)
        .where((is) => {
          if ('id' in selector) return is('id', '=', selector.id);
          if ('userId' in selector) return is('user_id', '=', selector.userId);
          return is('oidc_grant_id', '=', selector.oidcGrantId);
        })
        .returning(['id', 'oidc_grant_id'])
        .execute();
      const grants = rows.map((row) => row.oidc_grant_id);
      if (grants.length > 0) {
        await transaction.deleteFrom('oidc_payloads').where('grant_id', 'in', grants).execute();
        await transaction
          .deleteFrom('oidc_payloads')
          .where('model', '=', 'Grant')
          .where('id', 'in', grants)
          .execute();
      }
      return rows.map((row) => row.id);
    });
    for (const id of ended) this.#onEnded(id);
    return ended;
  }
}
