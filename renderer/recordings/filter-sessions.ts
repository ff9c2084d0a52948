import type { Grant, Session } from '@drawbridge/contract';

export type Span = 'any' | 'today' | 'week' | 'month';

export interface SessionFilter {
  readonly text: string;
  readonly resource: string | undefined;
  readonly span: Span;
  /** Only sessions in which something was refused. */
  readonly refused: boolean;
}

const DAY = 86_400_000;
const spans: Readonly<Record<Exclude<Span, 'any' | 'today'>, number>> = { week: 7 * DAY, month: 30 * DAY };

/** When a span begins, in milliseconds since 1970; today begins at midnight UTC. */
export function spanStart(span: Span, now: number): number {
  if (span === 'any') return Number.NEGATIVE_INFINITY;
  return span === 'today' ? now - (now % DAY) : now - spans[span];
}

/** Every word has to be somewhere: in the person, the resource, the reason (where it is known), the id or the ending. */
export function filterSessions(
  sessions: readonly Session[],
  filter: SessionFilter,
  reasons: ReadonlyMap<string, string>,
  now: number,
): Session[] {
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const from = spanStart(filter.span, now);
  return sessions.filter((session) => {
    if (filter.resource !== undefined && session.resource !== filter.resource) return false;
    if (filter.refused && session.refused === 0) return false;
    if (Date.parse(session.startedAt) < from) return false;
    const { principal } = session;
    const all = [
      principal.displayName,
      principal.name,
      session.resource,
      session.profile,
      session.id,
      session.clientName,
      session.endReason,
      session.endCode,
      reasons.get(session.grantId),
    ];
    const text = all
      .filter((part) => part !== undefined)
      .join('\n')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** The reasons of the grants that are known, for search and display. */
export const reasonsOf = (grants: readonly Grant[]): ReadonlyMap<string, string> =>
  new Map(grants.map(({ id, reason }) => [id, reason]));

/** How a session ended, where that is worth a word. */
export function endingText(session: Pick<Session, 'state' | 'endCode' | 'endReason'>): string | undefined {
  if (session.state === 'live' || session.endCode === 'client_closed') return undefined;
  return session.endReason ?? session.endCode?.replaceAll('_', ' ');
}
