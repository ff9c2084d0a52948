import type { AccessRequest, Grant } from '@drawbridge/contract';

export interface Ending {
  readonly text: string;
  readonly tone: 'plain' | 'denied';
  /** Somebody's own words. */
  readonly said?: string;
  /** When, RFC 3339. */
  readonly at: string;
}

/** How a grant came to its end. `me` is the id of who reads it. */
export function grantEnding(grant: Grant, me: string | undefined): Ending {
  const at = grant.endedAt ?? grant.expiresAt ?? grant.activateBy;
  const by = grant.endedBy;
  const said = grant.endReason === undefined ? {} : { said: grant.endReason };
  switch (grant.state) {
    case 'revoked':
      return {
        text: by === undefined ? 'Revoked' : `Revoked by ${by.displayName}`,
        tone: 'denied',
        at,
        ...said,
      };
    case 'ended': {
      const who = by === undefined ? '' : by.id === me ? ' by you' : ` by ${by.displayName}`;
      return { text: `Ended${who}`, tone: 'plain', at, ...said };
    }
    case 'approved':
    case 'active':
    case 'expired':
      return {
        text: grant.activatedAt === undefined ? 'Not used in time' : 'The time is over',
        tone: 'plain',
        at,
      };
    default:
      return grant.state satisfies never;
  }
}

/** How a request ended that brought no grant. */
export function requestEnding(request: AccessRequest): Ending {
  const at = request.decidedAt ?? request.expiresAt;
  switch (request.state) {
    case 'denied': {
      const review = request.reviews.find((candidate) => candidate.verdict === 'deny');
      const text = review === undefined ? 'Denied' : `Denied by ${review.reviewer.displayName}`;
      return { text, tone: 'denied', at, ...(review?.reason === undefined ? {} : { said: review.reason }) };
    }
    case 'cancelled':
      return { text: 'Cancelled', tone: 'plain', at };
    case 'expired':
      return { text: 'Nobody answered in time', tone: 'plain', at };
    case 'pending':
    case 'approved':
      return { text: 'Approved', tone: 'plain', at };
    default:
      return request.state satisfies never;
  }
}

export interface PastAccess {
  readonly id: string;
  readonly resource: string;
  readonly profile: string;
  /** Seconds granted or asked for. */
  readonly duration: number;
  readonly reason: string;
  readonly ending: Ending;
}

/** What is over, newest first: grants that ended and requests that brought none. */
export function pastAccess(
  grants: readonly Grant[],
  requests: readonly AccessRequest[],
  me: string | undefined,
  isUsable: (grant: Grant) => boolean,
): readonly PastAccess[] {
  const past: PastAccess[] = [];
  for (const grant of grants) {
    if (grant.principal.id !== me || isUsable(grant)) continue;
    past.push({ ...pick(grant), ending: grantEnding(grant, me) });
  }
  for (const request of requests) {
    const over = request.state === 'denied' || request.state === 'cancelled' || request.state === 'expired';
    if (request.principal.id === me && over) past.push({ ...pick(request), ending: requestEnding(request) });
  }
  return past.toSorted((a, b) => b.ending.at.localeCompare(a.ending.at));
}

const pick = ({ id, resource, profile, duration, reason }: Grant | AccessRequest) => ({
  id,
  resource,
  profile,
  duration,
  reason,
});
