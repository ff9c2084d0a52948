import type { Grant } from '@drawbridge/contract';

/** When a grant ends at the latest, in milliseconds: its end once active, else when it has to be used by. */
export function grantEnd(grant: Grant): number {
  return Date.parse(
    grant.state === 'active' && grant.expiresAt !== undefined ? grant.expiresAt : grant.activateBy,
  );
}

/** Whether it opens a connection now. */
export function isUsable(grant: Grant, now: number): boolean {
  return (grant.state === 'active' || grant.state === 'approved') && grantEnd(grant) > now;
}

export interface TimeLeft {
  /** Seconds left; of an unused grant all of them. */
  readonly seconds: number;
  /** Of the whole, 0 to 1. */
  readonly share: number;
  /** The last five minutes of a running grant. */
  readonly soon: boolean;
}

export function timeLeft(grant: Grant, now: number): TimeLeft {
  if (grant.state !== 'active' || grant.expiresAt === undefined) {
    return { seconds: grant.duration, share: 1, soon: false };
  }
  const seconds = Math.max(0, (Date.parse(grant.expiresAt) - now) / 1000);
  return { seconds, share: Math.min(1, seconds / grant.duration), soon: seconds < 300 };
}
