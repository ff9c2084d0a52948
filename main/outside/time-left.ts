import type { Grant } from '@drawbridge/contract';

const MINUTE = 60_000;

/** `41 min`, `2 h 10 min`: a length of time in words, never less than a minute. */
export function durationText(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / MINUTE));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}

/** Milliseconds until an active grant ends; undefined before its first use and after its end. */
export function timeLeft(grant: Pick<Grant, 'state' | 'expiresAt'>, now: number): number | undefined {
  if (grant.state !== 'active' || grant.expiresAt === undefined) return undefined;
  return Math.max(0, Date.parse(grant.expiresAt) - now);
}

/** `36 min left`, or `30 min ready` where it hasn't begun. */
export function grantTimeText(grant: Pick<Grant, 'state' | 'expiresAt' | 'duration'>, now: number): string {
  const left = timeLeft(grant, now);
  return left === undefined ? `${durationText(grant.duration * 1000)} ready` : `${durationText(left)} left`;
}

/** `14:41` UTC. */
export const clockText = (at: string): string => `${at.slice(11, 16)} UTC`;
