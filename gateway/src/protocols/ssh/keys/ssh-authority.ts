import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { SshLogin } from '../../../sessions/session.ts';
import { lengthed, publicKeyBlob, publicKeyLine, rawPublicKey } from './public-key-line.ts';
import { CertificateKind } from './ssh-certificate.ts';

export interface CertificateOrder {
  /** The target's user: the certificate's one principal. */
  readonly username: string;
  /** What the target writes into its log. */
  readonly keyId: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
}

const TYPE = 'ssh-ed25519-cert-v01@openssh.com';
/** How far a target's clock may be behind ours, in seconds. */
const CLOCK_SKEW = 60n;
/**
 * What a session may do at the target, in the order that the format asks for. Policy decides in the gateway what
 * of it a person gets; forwarding has to be possible for a profile that allows `ssh.forward`.
 */
const EXTENSIONS = ['permit-port-forwarding', 'permit-pty'];

/** The gateway's own certificate authority: signs OpenSSH user certificates for keys made on the spot. */
export class SshAuthority {
  readonly #key: KeyObject;
  /** One line for a target's `TrustedUserCAKeys`, without comment. */
  readonly publicKey: string;

  /** @param key Ed25519, private. */
  constructor(key: KeyObject) {
    this.#key = key;
    this.publicKey = publicKeyLine(key);
  }

  /**
   * Makes a key pair that is used once, and certifies it (PROTOCOL.certkeys in OpenSSH's sources): for one user
   * of the target, until `until` at most, without critical options.
   * @throws RangeError for a certificate that would name nobody, never end, or be over already.
   */
  certify({ username, keyId, from, until }: CertificateOrder): Extract<SshLogin, { kind: 'certificate' }> {
    if (username === '') throw new RangeError('a certificate names one user of the target');
    if (!Number.isFinite(from) || !Number.isFinite(until) || until <= from)
      throw new RangeError('a certificate ends, and not before it begins');
    const pair = generateKeyPairSync('ed25519');
    const unsigned = Buffer.concat([
      text(TYPE),
      lengthed(randomBytes(32)),
      lengthed(rawPublicKey(pair.publicKey)),
      randomBytes(8), // The serial: only there to be told apart in a target's log.
      uint32(CertificateKind.user),
      text(keyId),
      lengthed(text(username)),
      uint64(seconds(from) - CLOCK_SKEW),
      uint64(seconds(until)),
      text(''),
      lengthed(Buffer.concat(EXTENSIONS.flatMap((name) => [text(name), text('')]))),
      text(''),
      lengthed(publicKeyBlob(this.#key)),
    ]);
    const signature = Buffer.concat([text('ssh-ed25519'), lengthed(sign(null, unsigned, this.#key))]);
    const certificate = Buffer.concat([unsigned, lengthed(signature)]);
    return {
      kind: 'certificate',
      privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      certificate: `${TYPE} ${certificate.toString('base64')}`,
    };
  }
}

/** Rounded down: a certificate never outlives what it was ordered for. */
const seconds = (ms: number): bigint => BigInt(Math.floor(ms / 1000));

const text = (value: string): Buffer => lengthed(Buffer.from(value, 'utf8'));

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
