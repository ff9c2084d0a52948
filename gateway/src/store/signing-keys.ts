import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { RecordingKey } from '@drawbridge/contract';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { Kysely, Selectable } from 'kysely';
import type { Database } from './database.ts';
import type { Keyring } from './keyring.ts';
import type { KeyPurpose } from './tables/keys.ts';

const generate = promisify(generateKeyPair);

/** The key pair that signs recordings (Ed25519). */
export interface RecordingSigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly kid: string;
  readonly jwk: RecordingKey;
}

/** What is made for each purpose. ES256 comes first; RS256 is what OpenID Connect wants every provider to have. */
const ALGORITHMS = {
  recording: ['EdDSA'],
  oidc: ['ES256', 'RS256'],
  cookie: ['secret'],
  masking: ['secret'],
  'ssh-host': ['EdDSA'],
  'ssh-authority': ['EdDSA'],
} as const satisfies Record<KeyPurpose, readonly string[]>;
type Algorithm = (typeof ALGORITHMS)[KeyPurpose][number];
type Row = Selectable<Database['signing_keys']>;

/**
 * The long-lived keys that all gateways on one store share. Private parts are sealed by the keyring. Each is made once,
 * by whichever gateway comes first.
 */
export class SigningKeys {
  readonly #db: Kysely<Database>;
  readonly #keyring: Keyring;

  constructor(db: Kysely<Database>, keyring: Keyring) {
    this.#db = db;
    this.#keyring = keyring;
  }

  /** @throws KeyringError when the master key is not the one they were sealed with. */
  async recording(): Promise<RecordingSigningKey> {
    const [row] = await this.#current('recording');
    if (!row) throw new Error('There is no key to sign recordings with.');
    const privateKey = createPrivateKey({ key: this.#openJwk(row), format: 'jwk' });
    return { privateKey, publicKey: createPublicKey(privateKey), kid: row.id, jwk: publicKeyOf(row) };
  }

  /** What the gateway's SSH server shows, and what signs certificates for targets (Ed25519); the same on every gateway. */
  async ssh(purpose: 'ssh-host' | 'ssh-authority'): Promise<KeyObject> {
    const [row] = await this.#current(purpose);
    if (!row) throw new Error(`There is no key for ${purpose}.`);
    return createPrivateKey({ key: this.#openJwk(row), format: 'jwk' });
  }

  /** Every public key that a recording may be signed with, newest first; retired ones too. */
  async recordingPublicKeys(): Promise<RecordingKey[]> {
    await this.#current('recording');
    return (await this.#all('recording')).map(publicKeyOf);
  }

  /** Private JWKs of the authorization server with `kid`, `alg` and `use`, the ones that sign first. */
  async oidcKeys(): Promise<JWK[]> {
    await this.#current('oidc');
    const rows = await this.#all('oidc');
    const order: readonly string[] = ALGORITHMS.oidc;
    const rank = (row: Row) => order.indexOf(row.algorithm);
    rows.sort((a, b) => Number(a.retired_at !== null) - Number(b.retired_at !== null) || rank(a) - rank(b));
    return rows.map((row) => this.#openJwk(row));
  }

  /** Secrets that sign cookies: the first signs, all verify. */
  async cookieKeys(): Promise<string[]> {
    await this.#current('cookie');
    return (await this.#all('cookie')).map((row) =>
      this.#keyring.open(row.sealed, contextOf(row)).toString('utf8'),
    );
  }

  /** What the `hash` mask is keyed with, 32 bytes: the same on every gateway, so that equal values stay equal. */
  async maskingKey(): Promise<Buffer> {
    const [row] = await this.#current('masking');
    if (!row) throw new Error('There is no key to mask with.');
    return Buffer.from(this.#keyring.open(row.sealed, contextOf(row)).toString('utf8'), 'base64url');
  }

  /** Seals again, with the newest master key, what an older one sealed. @returns how many. */
  async rewrap(): Promise<number> {
    const rows = await this.#db.selectFrom('signing_keys').selectAll().execute();
    const stale = rows.filter((row) => this.#keyring.needsRewrap(row.sealed));
    for (const row of stale) {
      await this.#db
        .updateTable('signing_keys')
        .set({ sealed: this.#keyring.rewrap(row.sealed, contextOf(row)) })
        .where('id', '=', row.id)
        .where('sealed', '=', row.sealed)
        .execute();
    }
    return stale.length;
  }

  #openJwk(row: Row): JWK {
    return JSON.parse(this.#keyring.open(row.sealed, contextOf(row)).toString('utf8')) as JWK;
  }

  async #all(purpose: KeyPurpose): Promise<Row[]> {
    return this.#db
      .selectFrom('signing_keys')
      .selectAll()
      .where('purpose', '=', purpose)
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .execute();
  }

  /** The keys in use; makes those that are missing. */
  async #current(purpose: KeyPurpose): Promise<Row[]> {
    const find = async () => (await this.#all(purpose)).filter((row) => row.retired_at === null);
    const rows = await find();
    const missing = ALGORITHMS[purpose].filter(
      (algorithm) => !rows.some((row) => row.algorithm === algorithm),
    );
    if (missing.length === 0) return rows;
    for (const algorithm of missing) {
      const key = await makeKey(algorithm);
      const sealed = this.#keyring.seal(Buffer.from(key.secret, 'utf8'), contextOf({ id: key.id, purpose }));
      await this.#db
        .insertInto('signing_keys')
        .values({ id: key.id, purpose, algorithm, sealed, public_jwk: key.publicJwk, retired_at: null })
        // Another gateway was first: its key it is.
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    return find();
  }
}

const contextOf = ({ id, purpose }: Pick<Row, 'id' | 'purpose'>): string => `signing-key:${purpose}:${id}`;

const publicKeyOf = (row: Row): RecordingKey => RecordingKey.parse(JSON.parse(row.public_jwk ?? 'null'));

interface NewKey {
  readonly id: string;
  readonly secret: string;
  readonly publicJwk: string | null;
}

async function makeKey(algorithm: Algorithm): Promise<NewKey> {
  if (algorithm === 'secret') {
    return {
      id: randomBytes(16).toString('base64url'),
      secret: randomBytes(32).toString('base64url'),
      publicJwk: null,
    };
  }
  const { privateKey, publicKey } = await generatePair(algorithm);
  const publicPart = publicKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(publicPart as JWK);
  const about = { kid, alg: algorithm, use: 'sig' };
  return {
    id: kid,
    secret: JSON.stringify({ ...privateKey.export({ format: 'jwk' }), ...about }),
    publicJwk: JSON.stringify({ ...publicPart, ...about }),
  };
}

async function generatePair(
  algorithm: Exclude<Algorithm, 'secret'>,
): Promise<{ privateKey: KeyObject; publicKey: KeyObject }> {
  switch (algorithm) {
    case 'EdDSA':
      return generate('ed25519');
    case 'ES256':
      return generate('ec', { namedCurve: 'P-256' });
    case 'RS256':
      return generate('rsa', { modulusLength: 2048 });
    default:
      return algorithm satisfies never;
  }
}
