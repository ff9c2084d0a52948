/** Request codes that stand in place of a version: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const CANCEL_REQUEST = 80_877_102;
const SSL_REQUEST = 80_877_103;
const GSSENC_REQUEST = 80_877_104;

/** Octets; PostgreSQL's own limit of a startup packet. */
const LARGEST_STARTUP = 10_000;
const LARGEST_PASSWORD = 1_024;
/** A key of protocol 3.2 has up to 256 octets (CancelRequest: length, code, process id, key). */
const LARGEST_CANCEL = 12 + 256;

const DECLINED = Buffer.from('N');
/** AuthenticationCleartextPassword */
const ASK_PASSWORD = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);
const PASSWORD_MESSAGE = 0x70;

/** What to do after the bytes so far. */
export type DoorStep =
  | { readonly kind: 'wait' }
  | { readonly kind: 'reply'; readonly bytes: Buffer }
  | { readonly kind: 'connect'; readonly startup: Buffer }
  | { readonly kind: 'cancel'; readonly request: Buffer }
  | { readonly kind: 'wrong-password' }
  | { readonly kind: 'wrong-version' }
  /** No PostgreSQL client, or none that keeps to the protocol: it is told nothing. */
  | { readonly kind: 'drop' };

const WAIT: DoorStep = { kind: 'wait' };
const DROP: DoorStep = { kind: 'drop' };

/**
 * The start of a PostgreSQL connection up to the password, read from any split of its bytes: encryption is
 * declined, at most once a kind, then StartupMessage and PasswordMessage, or a CancelRequest.
 */
export class PostgresDoor {
  readonly #isSecret: (given: Uint8Array) => boolean;
  readonly #declined = new Set<number>();
  #startup: Buffer | undefined;
  #buffered: Buffer = Buffer.alloc(0);

  constructor(isSecret: (given: Uint8Array) => boolean) {
    this.#isSecret = isSecret;
  }

  /** Bytes behind what was understood: the client's next ones. */
  get rest(): Buffer {
    return this.#buffered;
  }

  feed(chunk: Buffer): DoorStep {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    return this.#startup === undefined ? this.#beforeStartup() : this.#password(this.#startup);
  }

  #beforeStartup(): DoorStep {
    if (this.#buffered.length < 8) return WAIT;
    const length = this.#buffered.readUInt32BE(0);
    const code = this.#buffered.readUInt32BE(4);
    switch (code) {
      case SSL_REQUEST:
      case GSSENC_REQUEST:
        // Bytes behind the request would be meant for the encrypted stream, or be smuggled into it (CVE-2021-23214).
        if (length !== 8 || this.#declined.has(code) || this.#buffered.length > 8) return DROP;
        this.#declined.add(code);
        this.#take(8);
        return { kind: 'reply', bytes: DECLINED };
      case CANCEL_REQUEST:
        if (length < 16 || length > LARGEST_CANCEL) return DROP;
        return this.#buffered.length < length ? WAIT : { kind: 'cancel', request: this.#take(length) };
      default:
        return this.#startupMessage(length, code);
    }
  }

  #startupMessage(length: number, version: number): DoorStep {
    if (length < 9 || length > LARGEST_STARTUP) return DROP;
    if (version >>> 16 !== 3) return { kind: 'wrong-version' };
    if (this.#buffered.length < length) return WAIT;
    this.#startup = Buffer.from(this.#take(length));
    // The password comes after the question; before it, it is not an answer.
    return this.#buffered.length > 0 ? DROP : { kind: 'reply', bytes: ASK_PASSWORD };
  }

  #password(startup: Buffer): DoorStep {
    if (this.#buffered.length < 5) return WAIT;
    const length = this.#buffered.readUInt32BE(1);
    if (this.#buffered[0] !== PASSWORD_MESSAGE || length < 5 || length > LARGEST_PASSWORD) return DROP;
    if (this.#buffered.length < 1 + length) return WAIT;
    const message = this.#take(1 + length);
    if (message.at(-1) !== 0) return DROP;
    return this.#isSecret(message.subarray(5, -1))
      ? { kind: 'connect', startup }
      : { kind: 'wrong-password' };
  }

  #take(octets: number): Buffer {
    const taken = this.#buffered.subarray(0, octets);
    this.#buffered = this.#buffered.subarray(octets);
    return taken;
  }
}
