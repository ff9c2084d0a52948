import type { AccessRequest, Grant, Requirement, Session } from '@drawbridge/contract';
import { printable } from './printable.ts';
import type { Style } from './style.ts';
import type { Cell } from './table.ts';
import { relativeTime } from './time.ts';

/** States as a symbol and a word; colour only repeats what these say. */
export function requestState(request: Pick<AccessRequest, 'state'>, style: Style): Cell {
  switch (request.state) {
    case 'pending':
      return { text: '○ pending', paint: style.warn };
    case 'approved':
      return { text: '✓ approved', paint: style.good };
    case 'denied':
      return { text: '✗ denied', paint: style.bad };
    case 'expired':
    case 'cancelled':
      return { text: `– ${request.state}`, paint: style.dim };
    default:
      return request.state satisfies never;
  }
}

export function grantState(grant: Pick<Grant, 'state'>, style: Style): Cell {
  switch (grant.state) {
    case 'approved':
      return { text: '✓ approved', paint: style.good };
    case 'active':
      return { text: '● active', paint: style.good };
    case 'revoked':
      return { text: '✗ revoked', paint: style.bad };
    case 'expired':
    case 'ended':
      return { text: `– ${grant.state}`, paint: style.dim };
    default:
      return grant.state satisfies never;
  }
}

/** A closed session says why it ended. */
export function sessionState(session: Pick<Session, 'state' | 'endCode'>, style: Style): Cell {
  if (session.state === 'live') return { text: '● live', paint: style.good };
  return { text: `– ${printable(session.endCode ?? 'closed').replaceAll('_', ' ')}`, paint: style.dim };
}

/** What is next in a grant's life: `ends in 42 min`, `first use within 7 h`. */
export function grantTime(grant: Grant, now: number): string {
  if (grant.state === 'active' && grant.expiresAt !== undefined)
    return `ends ${relativeTime(grant.expiresAt, now)}`;
  if (grant.state === 'approved')
    return `use it ${relativeTime(grant.activateBy, now).replace(/^in /, 'within ')}`;
  return grant.endedAt === undefined ? '' : `ended ${relativeTime(grant.endedAt, now)}`;
}

/** `2 approvals from dba or security, a ticket`. */
export function requirements(needs: readonly Requirement[]): string {
  return needs
    .map((need) =>
      need.kind === 'approve'
        ? `${need.count === 1 ? 'an approval' : `${need.count} approvals`} from ${need.groups.map(printable).join(' or ')}`
        : need.ticket
          ? 'a ticket in the reason'
          : 'a reason',
    )
    .join(', ');
}
