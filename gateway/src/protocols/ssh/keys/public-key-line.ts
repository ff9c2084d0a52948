import type { KeyObject } from 'node:crypto';

const TYPE = 'ssh-ed25519';

/** The public half of an Ed25519 key, of either half, as OpenSSH writes it (RFC 4253 section 6.6, RFC 8709 section 4), without comment. */
export function publicKeyLine(key: KeyObject): string {
  return `${TYPE} ${publicKeyBlob(key).toString('base64')}`;
}

/** The same as it stands on the wire. */
export function publicKeyBlob(key: KeyObject): Buffer {
  return Buffer.concat([lengthed(Buffer.from(TYPE)), lengthed(rawPublicKey(key))]);
}

/** The 32 octets of an Ed25519 key's public half. */
export function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}

/** An SSH `string`: its length in four octets, then itself (RFC 4251 section 5). */
export function lengthed(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(bytes.length);
  return Buffer.concat([head, bytes]);
}
