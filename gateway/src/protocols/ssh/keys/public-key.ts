import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { MalformedSshData, SshReader } from './ssh-reader.ts';

/** Types of plain public keys that the gateway can verify with. */
export const PUBLIC_KEY_TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
] as const;
export type PublicKeyType = (typeof PUBLIC_KEY_TYPES)[number];

export interface PublicKey {
  /** As the key itself says; may be one that the gateway can't verify with. */
  readonly type: string;
  /** As on the wire (RFC 4253 section 6.6). */
  readonly blob: Buffer;
}

/** OpenSSH refuses shorter ones too, by the time it is used where they would matter. */
const SHORTEST_RSA = 2048;
const CURVES = {
  'ecdsa-sha2-nistp256': { name: 'nistp256', crv: 'P-256', size: 32 },
  'ecdsa-sha2-nistp384': { name: 'nistp384', crv: 'P-384', size: 48 },
  'ecdsa-sha2-nistp521': { name: 'nistp521', crv: 'P-521', size: 66 },
} as const;
/** A point of which both coordinates follow (SEC 1 section 2.3.3). */
const UNCOMPRESSED = 4;

/**
 * A line like `ssh-ed25519 AAAA… comment`.
 * @throws MalformedSshData
 */
export function parsePublicKeyLine(line: string): PublicKey {
  const [type, encoded = ''] = line.trim().split(/[ \t]+/);
  const blob = Buffer.from(encoded, 'base64');
  // Node skips what is no base64: only text that comes back the same was understood.
  if (blob.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, ''))
    throw new MalformedSshData('not base64');
  if (new SshReader(blob).text() !== type) throw new MalformedSshData('the type is not that of the key');
  return { type, blob };
}

/** As `ssh-keygen -l` shows it. */
export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

export function isPublicKeyType(type: string): type is PublicKeyType {
  return (PUBLIC_KEY_TYPES as readonly string[]).includes(type);
}

/**
 * A plain public key, to verify signatures with.
 * @throws MalformedSshData, also for types that the gateway can't verify with and for RSA keys of less than 2048 bits.
 */
export function publicKeyObject(blob: Uint8Array): KeyObject {
  const reader = new SshReader(blob);
  const type = reader.text();
  if (!isPublicKeyType(type)) throw new MalformedSshData('a type of key that the gateway does not know');
  const jwk = readJwk(type, reader);
  reader.end();
  let key: KeyObject;
  try {
    key = createPublicKey({ key: jwk, format: 'jwk' });
  } catch (cause) {
    throw new MalformedSshData('no such key exists', { cause });
  }
  if (type === 'ssh-rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < SHORTEST_RSA)
    throw new MalformedSshData(`an RSA key of less than ${SHORTEST_RSA} bits`);
  return key;
}

function readJwk(type: PublicKeyType, reader: SshReader): Record<string, string> {
  switch (type) {
    case 'ssh-ed25519':
      return { kty: 'OKP', crv: 'Ed25519', x: reader.string().toString('base64url') };
    case 'ssh-rsa': {
      const e = unsigned(reader.string());
      return { kty: 'RSA', e: e.toString('base64url'), n: unsigned(reader.string()).toString('base64url') };
    }
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521': {
      const { name, crv, size } = CURVES[type];
      const curve = reader.text();
      const point = reader.string();
      if (curve !== name || point[0] !== UNCOMPRESSED || point.length !== 1 + 2 * size)
        throw new MalformedSshData('no point of its curve');
      const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
      return { kty: 'EC', crv, x: x.toString('base64url'), y: y.toString('base64url') };
    }
    default:
      return type satisfies never;
  }
}

/** An `mpint` that is not negative, without the zeros before it. */
export function unsigned(mpint: Buffer): Buffer {
  if ((mpint[0] ?? 0) & 0x80) throw new MalformedSshData('a negative number');
  let start = 0;
  while (mpint[start] === 0) start += 1;
  return mpint.subarray(start);
}
