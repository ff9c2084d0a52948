import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';
import { lengthed, publicKeyBlob } from '../keys/public-key-line.ts';

/**
 * A private key in one of the forms that people have them in: OpenSSH's, PEM (PKCS#1, SEC 1), PuTTY's, or PKCS#8.
 * @throws Error that says what is wrong, without a word of the key.
 */
export function readPrivateKey(text: string): ParsedKey {
  if (/ENCRYPTED/.test(text)) throw new Error('it has a passphrase');
  const key = parse(text) ?? parse(convert(text));
  if (key === undefined) throw new Error('it is in no known form, or has a passphrase');
  if (!key.isPrivateKey()) throw new Error('it is the public half');
  return key;
}

function parse(text: string | undefined): ParsedKey | undefined {
  if (text === undefined) return undefined;
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) return undefined;
  return Array.isArray(parsed) ? parsed[0] : parsed;
}

/** PKCS#8, which ssh2 doesn't read, in a form that it does. */
function convert(text: string): string | undefined {
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch {
    return undefined; // The caller says that it can't be read; OpenSSL's reasons would quote from it.
  }
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return key.export({ type: 'pkcs1', format: 'pem' }).toString();
    case 'ec':
      return key.export({ type: 'sec1', format: 'pem' }).toString();
    case 'ed25519':
      return openSshPrivateKey(key);
    default:
      return undefined;
  }
}

/** OpenSSH's own form, not encrypted (PROTOCOL.key in its sources). */
function openSshPrivateKey(key: KeyObject): string {
  const { d = '', x = '' } = key.export({ format: 'jwk' });
  const [seed, point] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')];
  const check = randomBytes(4);
  const secret = Buffer.concat([
    ...[check, check, text('ssh-ed25519'), lengthed(point)],
    ...[lengthed(Buffer.concat([seed, point])), text('')],
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[text('none'), text('none'), text(''), Buffer.of(0, 0, 0, 1)],
    lengthed(publicKeyBlob(key)),
    lengthed(Buffer.concat([secret, padding])),
  ]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

const text = (value: string): Buffer => lengthed(Buffer.from(value, 'utf8'));
