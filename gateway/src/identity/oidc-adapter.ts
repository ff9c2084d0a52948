import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import type { SignIns } from './sign-ins.ts';

/**
 * Models whose id is a bearer secret that only its holder ever presents: kept as a hash, so that who reads the
 * database can't sign in with what is there. (Cookies are signed by keys that are sealed; a device code's id is
 * also looked up by its user code and lives ten minutes.)
 */
const HASHED = new Set(['RefreshToken', 'AuthorizationCode']);

export interface OidcAdapterDependencies {
  readonly db: Kysely<Database>;
  readonly clock: Pick<Clock, 'now'>;
  readonly signIns: Pick<SignIns, 'end'>;
}

/** Storage of one model of the authorization server in PostgreSQL. */
export class OidcAdapter implements Adapter {
  readonly #model: string;
  readonly #db: Kysely<Database>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #signIns: Pick<SignIns, 'end'>;

  constructor(model: string, { db, clock, signIns }: OidcAdapterDependencies) {
    this.#model = model;
    this.#db = db;
    this.#clock = clock;
    this.#signIns = signIns;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const { jti: _, ...withoutId } = payload;
    const row = {
      payload: JSON.stringify(HASHED.has(this.#model) ? withoutId : payload),
      grant_id: payload.grantId ?? null,
      uid: payload.uid ?? null,
      user_code: payload.userCode ?? null,
      expires_at: expiresIn === undefined ? null : new Date(this.#clock.now() + expiresIn * 1000),
    };
    await this.#db
      .insertInto('oidc_payloads')
      .values({ model: this.#model, id: this.#key(id), consumed_at: null, ...row })
      .onConflict((conflict) => conflict.columns(['model', 'id']).doUpdateSet(row))
      .execute();
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const found = await this.#findBy('id', this.#key(id));
    return found && { ...found, jti: id };
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findBy('uid', uid);
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findBy('user_code', userCode);
  }

  /**
   * Marks a code or refresh token as used, once. The authorization server looks first and marks then; where two
   * requests raced past the look, the later one is a second use and takes the whole sign-in down.
   */
  async consume(id: string): Promise<void> {
    const key = this.#key(id);
    const won = await this.#db
      .updateTable('oidc_payloads')
      .set({ consumed_at: new Date(this.#clock.now()) })
      .where('model', '=', this.#model)
      .where('id', '=', key)
      .where('consumed_at', 'is', null)
      .returning('id')
      .executeTakeFirst();
    if (won) return;
    const grantId = (await this.#findBy('id', key))?.grantId;
    if (grantId !== undefined) await this.#signIns.end({ oidcGrantId: grantId }, 'revoked');
    throw new errors.InvalidGrant('already used');
  }

  /** A grant that goes takes its sign-in with it: this is how a reused refresh token or a revocation ends one. */
  async destroy(id: string): Promise<void> {
    if (this.#model === 'Grant') await this.#signIns.end({ oidcGrantId: id }, 'revoked');
    await this.#db
      .deleteFrom('oidc_payloads')
      .where('model', '=', this.#model)
      .where('id', '=', this.#key(id))
      .execute();
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#db
      .deleteFrom('oidc_payloads')
      .where('model', '=', this.#model)
      .where('grant_id', '=', grantId)
      .execute();
  }

  async #findBy(column: 'id' | 'uid' | 'user_code', value: string): Promise<AdapterPayload | undefined> {
    // PostgreSQL has no such text; asking for it would be an error instead of "not found".
    if (value.includes('\0')) return undefined;
    const row = await this.#db
      .selectFrom('oidc_payloads')
      .select(['payload', 'consumed_at'])
      .where('model', '=', this.#model)
      .where(column, '=', value)
      .executeTakeFirst();
    if (!row) return undefined;
    const payload = row.payload as AdapterPayload;
    return row.consumed_at === null
      ? payload
      : { ...payload, consumed: Math.floor(row.consumed_at.getTime() / 1000) };
  }

  #key(id: string): string {
    return HASHED.has(this.#model) ? createHash('sha256').update(id).digest('base64url') : id;
  }
}
