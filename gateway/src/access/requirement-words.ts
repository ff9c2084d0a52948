import type { Requirement } from '@drawbridge/contract';

/** What a requirement waits for: `approval of dba`, `2 approvals of dba or security`, `a reason that names a ticket`. */
export function requirementWords(requirement: Requirement): string {
  if (requirement.kind === 'justify') return requirement.ticket ? 'a reason that names a ticket' : 'a reason';
  const { count, groups } = requirement;
  return `${count === 1 ? 'approval' : `${count} approvals`} of ${groups.join(' or ')}`;
}
