import { type KeyObject, verify } from 'node:crypto';
import { isPublicKeyType, type PublicKeyType, publicKeyObject, unsigned } from './public-key.ts';
import { MalformedSshData, SshReader } from './ssh-reader.ts';

/** Which signatures a key may make. Those with SHA-1 (`ssh-rsa`) are none. */
const SIGNATURES: Readonly<Record<PublicKeyType, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};
const HASHES: Readonly<Record<string, string>> = {
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
};
/** Octets of each of the two numbers of a signature. */
const ECDSA_SIZES: Readonly<Record<string, number>> = {
  'ecdsa-sha2-nistp256': 32,
  'ecdsa-sha2-nistp384': 48,
  'ecdsa-sha2-nistp521': 66,
};

/**
 * Whether the key made the signature (RFC 4253 section 6.6, RFC 5656 section 3.1.2, RFC 8332, RFC 8709).
 * @param key blob of a plain public key.
 * @throws MalformedSshData where key or signature can't be read.
 */
export function verifySignature(key: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  const type = new SshReader(key).text();
  const reader = new SshReader(signature);
  const algorithm = reader.text();
  const value = reader.string();
  reader.end();
  if (!isPublicKeyType(type) || !SIGNATURES[type].includes(algorithm)) return false;
  const object = publicKeyObject(key);
  const size = ECDSA_SIZES[algorithm];
  if (size !== undefined) return verifyEcdsa(HASHES[algorithm], data, object, value, size);
  return verify(HASHES[algorithm] ?? null, data, object, value);
}

function verifyEcdsa(
  hash: string | undefined,
  data: Uint8Array,
  key: KeyObject,
  value: Buffer,
  size: number,
): boolean {
  const numbers = new SshReader(value);
  const signature = Buffer.concat([fixed(numbers.string(), size), fixed(numbers.string(), size)]);
  numbers.end();
  return verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function fixed(mpint: Buffer, size: number): Buffer {
  const number = unsigned(mpint);
  if (number.length > size) throw new MalformedSshData('a number that is too large');
  return Buffer.concat([Buffer.alloc(size - number.length), number]);
}
