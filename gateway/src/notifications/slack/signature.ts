import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** How old a call of Slack's may be, in seconds; and how far ahead its clock. */
const TOLERANCE = 300;

export interface SignedCall {
  /** `X-Slack-Request-Timestamp`, seconds since the epoch. */
  readonly timestamp: string | undefined;
  /** `X-Slack-Signature`. */
  readonly signature: string | undefined;
  /** As it came, byte for byte. */
  readonly body: Buffer;
}

/** What is wrong with a call, or the id by which it is known again. */
export type Verified = { readonly id: string } | { readonly wrong: 'unsigned' | 'old' | 'forged' };

/**
 * Checks that a call comes from Slack: HMAC-SHA256 of `v0:timestamp:body` with the app's signing secret
 * (docs.slack.dev/authentication/verifying-requests-from-slack), of the last five minutes.
 * @param now milliseconds
 */
export function verifyCall(
  secret: string,
  { timestamp, signature, body }: SignedCall,
  now: number,
): Verified {
  if (timestamp === undefined || signature === undefined) return { wrong: 'unsigned' };
  const expected = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;
  if (!isSame(signature, expected)) return { wrong: 'forged' };
  const isRecent = /^\d{1,12}$/.test(timestamp) && Math.abs(now / 1000 - Number(timestamp)) <= TOLERANCE;
  if (!isRecent) return { wrong: 'old' };
  return { id: digest(signature).toString('base64url') };
}

/** Takes the same time wherever they differ. */
const isSame = (given: string, expected: string): boolean => timingSafeEqual(digest(given), digest(expected));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
