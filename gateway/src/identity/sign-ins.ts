import type { PrincipalRef, SignInId, User, UserId } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Audit } from '../access/audit.ts';
import type { Clock } from '../clock.ts';
import { newId } from '../new-id.ts';
import type { Database } from '../store/database.ts';
import type { SignInEnd } from '../store/tables/identity.ts';

export interface NewSignIn {
  readonly user: User;
  /** Of the browser that the person signed in with. */
  readonly address: string | undefined;
  readonly clientId: string;
  readonly oidcGrantId: string;
  readonly authTime: Date | undefined;
  readonly amr: readonly string[];
  /** Seconds. */
  readonly maxLifetime: number;
}

/** Who ended a sign-in themselves, and from where. */
export interface EndedBy {
  readonly user: PrincipalRef;
  readonly address?: string | undefined;
}

export interface SignInsParts {
  readonly db: Kysely<Database>;
  readonly clock: Pick<Clock, 'now'>;
  readonly audit: Pick<Audit, 'append'>;
  /** Told of each sign-in that was ended, after it is so in the store. */
  readonly onEnded: (id: SignInId) => void;
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
  readonly #parts: SignInsParts;

  constructor(parts: SignInsParts) {
    this.#parts = parts;
  }

  async open({
    user,
    address,
    clientId,
    oidcGrantId,
    authTime,
    amr,
    maxLifetime,
  }: NewSignIn): Promise<SignInId> {
    const { audit, clock, db } = this.#parts;
    const id = newId('sgn');
    const now = clock.now();
    await db.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('sign_ins')
        .values({
          id,
          user_id: user.id,
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
      await audit.append(
        {
          actor: { user, address },
          action: 'signin.started',
          subject: id,
          details: { client: clientId, provider: user.provider, groups: user.groups, amr: [...amr] },
        },
        transaction,
      );
    });
    return id;
  }

  /** The open sign-in of a grant at the authorization server. */
  async findOpenByGrant(oidcGrantId: string) {
    return this.#parts.db
      .selectFrom('sign_ins')
      .select(['id', 'user_id', 'client_id', 'auth_time', 'amr'])
      .where('oidc_grant_id', '=', oidcGrantId)
      .where('ended_at', 'is', null)
      .executeTakeFirst();
  }

  /**
   * Ends what is open of the selection, announces it, and says which these were.
   * @param by the person, where it was one; else the gateway ended it
   */
  async end(selector: SignInSelector, reason: SignInEnd, by?: EndedBy): Promise<SignInId[]> {
    const { audit, clock, db, onEnded } = this.#parts;
    const ended = await db.transaction().execute(async (transaction) => {
      const rows = await transaction
        .updateTable('sign_ins')
        .set({ ended_at: new Date(clock.now()), end_reason: reason })
        .where('ended_at', 'is', null)
        .where((is) => {
          if ('id' in selector) return is('id', '=', selector.id);
          if ('userId' in selector) return is('user_id', '=', selector.userId);
          return is('oidc_grant_id', '=', selector.oidcGrantId);
        })
        .returning(['id', 'oidc_grant_id', 'user_id'])
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
      for (const { id, user_id } of rows)
        await audit.append(signInEnded(id, user_id, reason, by), transaction);
      return rows.map((row) => row.id);
    });
    for (const id of ended) onEnded(id);
    return ended;
  }
}

const reasons: Readonly<Record<SignInEnd, string>> = {
  signed_out: 'signed out',
  revoked: 'a token was used twice, or its client gave it back',
  lapsed: 'not used for too long, or its longest time was over',
};

/** The audit event of a sign-in that ended. */
export const signInEnded = (id: SignInId, userId: UserId, reason: SignInEnd, by?: EndedBy) => ({
  actor: by ?? ('gateway' as const),
  action: 'signin.ended',
  subject: id,
  reason: reasons[reason],
  details: { code: reason, userId },
});
