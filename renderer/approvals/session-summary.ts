import type { Session } from '@drawbridge/contract';

const counted = (count: number, one: string) =>
  `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;

/** What happened in a session, for whoever decides: `14 statements, 312 rows, 1 refused`. */
export function sessionSummary(session: Pick<Session, 'statements' | 'rows' | 'refused'>): string {
  const parts = [counted(session.statements, 'statement'), counted(session.rows, 'row')];
  if (session.refused > 0) parts.push(`${session.refused} refused`);
  return parts.join(', ');
}
