import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
/** NIST SP 800-38D: 96 bits, random for each value. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 'v1';

/**
 * `invalid_key`: a master key is no 256 bits, or its file may be read by others; `unknown_key`: a value was sealed
 * with a key that isn't known; `not_authentic`: a value was changed, moved to another place, or isn't one.
 */
export type KeyringErrorCode = 'invalid_key' | 'unknown_key' | 'not_authentic';

export class KeyringError extends Error {
  override readonly name = 'KeyringError';
  readonly code: KeyringErrorCode;

  constructor(code: KeyringErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

interface MasterKey {
  readonly id: string;
  readonly secret: Buffer;
}

/**
 * Seals secrets at rest: AES-256-GCM with a random nonce, the id of the master key kept with each value, and bound to
 * a context (what it is and whose), so that a sealed value is worth nothing in another place. A sealed value is text:
 * `v1.<key id>.<base64url of nonce, ciphertext and tag>`.
 */
export class Keyring {
  readonly #current: MasterKey;
  readonly #keys: ReadonlyMap<string, MasterKey>;

  /**
   * @param secrets Master keys of 32 bytes, newest first: the first seals, all of them open.
   * @throws KeyringError `invalid_key`
   */
  constructor(secrets: readonly Uint8Array[]) {
    const keys = secrets.map(masterKey);
    const [current] = keys;
    if (!current) throw new KeyringError('invalid_key', 'There is no master key.');
    this.#current = current;
    this.#keys = new Map(keys.map((key) => [key.id, key]));
  }

  /** Seals bytes for one context, e.g. `recording:ses_…`. */
  seal(plain: Uint8Array, context: string): string {
    const { id, secret } = this.#current;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, secret, nonce, { authTagLength: TAG_BYTES }).setAAD(
      boundTo(id, context),
    );
    const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${id}.${sealed.toString('base64url')}`;
  }

  /**
   * Opens what was sealed for the same context.
   * @throws KeyringError `unknown_key` or `not_authentic`
   */
  open(sealed: string, context: string): Buffer {
    const [version, id = '', body = '', ...rest] = sealed.split('.');
    const bytes = Buffer.from(body, 'base64url');
    const wellFormed = version === VERSION && rest.length === 0 && bytes.length >= NONCE_BYTES + TAG_BYTES;
    if (!wellFormed)
      throw new KeyringError('not_authentic', `What is stored for ${context} is no sealed value.`);
    const key = this.#keys.get(id);
    if (!key) {
      throw new KeyringError(
        'unknown_key',
        `What is stored for ${context} was sealed with the master key ${id}, which this gateway doesn't have. Give it that key too, after the newest one.`,
      );
    }
    const decipher = createDecipheriv(CIPHER, key.secret, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(boundTo(id, context))
      .setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    try {
      return Buffer.concat([
        decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES)),
        decipher.final(),
      ]);
    } catch (cause) {
      throw new KeyringError(
        'not_authentic',
        `What is stored for ${context} was changed, or sealed for another place.`,
        { cause },
      );
    }
  }

  /** What every value begins with that is sealed now. */
  get sealedPrefix(): string {
    return `${VERSION}.${this.#current.id}.`;
  }

  /** Whether a value was sealed with an older key than the one that seals now. */
  needsRewrap(sealed: string): boolean {
    return sealed.split('.')[1] !== this.#current.id;
  }

  /** Seals a value again, with the key that seals now. @throws KeyringError as `open`. */
  rewrap(sealed: string, context: string): string {
    return this.seal(this.open(sealed, context), context);
  }
}

function masterKey(secret: Uint8Array): MasterKey {
  if (secret.length !== KEY_BYTES) {
    throw new KeyringError(
      'invalid_key',
      `A master key has 32 bytes (base64: 44 characters); this one has ${secret.length}.`,
    );
  }
  // A hash of 256 random bits gives nothing away.
  const id = createHash('sha256')
    .update('drawbridge master key id')
    .update(secret)
    .digest('hex')
    .slice(0, 16);
  return { id, secret: Buffer.from(secret) };
}

const boundTo = (id: string, context: string): Buffer =>
  Buffer.from(`drawbridge\0${VERSION}\0${id}\0${context}`, 'utf8');
