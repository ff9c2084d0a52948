import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';
/** Standard Webhooks, "Signature scheme": bytes of a symmetric secret. */
const SECRET_BYTES = { least: 24, most: 64 };

/**
 * The keys in a text: one or more secrets of the Standard Webhooks form (`whsec_` and base64), separated by commas or
 * white space. Undefined where one is none.
 */
export function readSecrets(text: string): Buffer[] | undefined {
  const keys = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(keyOf);
  return keys.length > 0 && keys.every((key) => key !== undefined) ? keys : undefined;
}

function keyOf(secret: string): Buffer | undefined {
  const encoded = secret.slice(PREFIX.length);
  if (!secret.startsWith(PREFIX) || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const key = Buffer.from(encoded, 'base64');
  return key.length >= SECRET_BYTES.least && key.length <= SECRET_BYTES.most ? key : undefined;
}

/**
 * The `webhook-signature` header (Standard Webhooks 1.0.0): `v1,` and the HMAC-SHA256 of `id.timestamp.body` in
 * base64, one for each key, so that a receiver verifies with the old or the new one while a secret is changed.
 * @param timestamp seconds since the epoch, of the attempt
 */
export function sign(keys: readonly Buffer[], id: string, timestamp: number, body: string): string {
  return keys
    .map(
      (key) =>
        `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64')}`,
    )
    .join(' ');
}
