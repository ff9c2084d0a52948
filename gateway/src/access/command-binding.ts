import { createHash } from 'node:crypto';
import type { SessionId, UserId } from '@drawbridge/contract';

/** What one approval is for, and for nothing else. */
export interface Bound {
  /** Random, so that nobody who reads the store can try out what a short statement or parameter was. */
  readonly salt: string;
  readonly principal: UserId;
  readonly session: SessionId;
  /** See `Held.exact`. */
  readonly exact: string;
  readonly parameters: readonly (string | null)[] | undefined;
}

/**
 * SHA-256 over what is approved, in hexadecimal. What is hashed is a JSON array of texts: two different ones are
 * never written alike, wherever one text ends and the next begins.
 */
export const commandBinding = ({ salt, principal, session, exact, parameters }: Bound): string =>
  createHash('sha256')
    .update(
      JSON.stringify(['drawbridge command 1', salt, principal, session, exact, parameters ?? null]),
      'utf8',
    )
    .digest('hex');
