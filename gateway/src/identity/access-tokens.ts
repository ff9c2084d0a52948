import { DrawbridgeError, SignInId, type User } from '@drawbridge/contract';
import { createLocalJWKSet, errors, type JWK, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import { toUser } from './users.ts';

/** Who calls, at which of their sign-ins. */
export interface Caller {
  readonly user: User;
  readonly signInId: SignInId;
  readonly clientId: string;
  /** When the identity provider last asked the person for proof, where it says so. */
  readonly authTime?: Date;
  /** How (RFC 8176). */
  readonly amr: readonly string[];
}

export interface AccessTokensDependencies {
  readonly issuer: string;
  readonly audience: string;
  /** Public keys. */
  readonly keys: readonly JWK[];
  readonly algorithms: readonly string[];
  readonly db: Kysely<Database>;
  readonly clock: Pick<Clock, 'now'>;
}

const HINT = { hint: 'Sign in: drawbridge login' };

/** Checks access tokens (RFC 9068 section 4, RFC 6750) and finds whose they are, as that person now stands in the store. */
export class AccessTokens {
  readonly #dependencies: AccessTokensDependencies;
  readonly #keys: JWTVerifyGetKey;

  constructor(dependencies: AccessTokensDependencies) {
    this.#dependencies = dependencies;
    this.#keys = createLocalJWKSet({ keys: [...dependencies.keys] });
  }

  /**
   * @param authorization the request's `Authorization` header
   * @throws DrawbridgeError `sign_in_required`, `token_expired`, `token_invalid`, `signed_out`
   */
  async authenticate(authorization: string | undefined): Promise<Caller> {
    const payload = await this.#verify(bearer(authorization));
    const signInId = SignInId.safeParse(payload.sign_in);
    if (!signInId.success) throw invalid();
    return this.#caller(signInId.data, payload);
  }

  async #verify(token: string): Promise<JWTPayload> {
    const { issuer, audience, algorithms, clock } = this.#dependencies;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer,
        audience,
        typ: 'at+jwt',
        algorithms: [...algorithms],
        requiredClaims: ['sub', 'exp', 'client_id', 'sign_in'],
        currentDate: new Date(clock.now()),
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired)
        throw new DrawbridgeError('token_expired', 'The access token has expired.', {
          hint: 'Refresh it, or sign in again: drawbridge login',
        });
      if (error instanceof errors.JOSEError || error instanceof TypeError) throw invalid();
      throw error;
    }
  }

  async #caller(id: SignInId, payload: JWTPayload): Promise<Caller> {
    const row = await this.#dependencies.db
      .selectFrom('sign_ins')
      .innerJoin('users', 'users.id', 'sign_ins.user_id')
      .select([
        'users.id',
        'provider',
        'subject',
        'name',
        'display_name',
        'email',
        'groups',
        'client_id',
        'auth_time',
        'amr',
        'ended_at',
        'expires_at',
      ])
      .where('sign_ins.id', '=', id)
      .executeTakeFirst();
    if (!row || row.ended_at !== null || row.expires_at.getTime() <= this.#dependencies.clock.now()) {
      throw new DrawbridgeError('signed_out', 'You were signed out.', HINT);
    }
    if (row.id !== payload.sub || row.client_id !== payload.client_id) throw invalid();
    return {
      user: toUser(row),
      signInId: id,
      clientId: row.client_id,
      ...(row.auth_time === null ? {} : { authTime: row.auth_time }),
      amr: row.amr,
    };
  }
}

function bearer(authorization: string | undefined): string {
  if (authorization === undefined || authorization.trim() === '')
    throw new DrawbridgeError('sign_in_required', 'You are not signed in.', HINT);
  const token = /^Bearer +([\w~+/.-]+=*) *$/i.exec(authorization)?.[1];
  if (token === undefined) throw invalid();
  return token;
}

/** One answer for all that is wrong with a token: which check failed helps only who made it up. */
const invalid = (): DrawbridgeError =>
  new DrawbridgeError('token_invalid', 'The access token is not one of this gateway.', HINT);
