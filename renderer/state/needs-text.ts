import type { PrincipalRef, Requirement } from '@drawbridge/contract';

const counts = ['none', 'one', 'two', 'three', 'four', 'five', 'six'];
const countWord = (count: number) => counts[count] ?? String(count);
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const groupsOf = (needs: readonly Requirement[]) =>
  needs.flatMap((need) => (need.kind === 'approve' ? [need] : []));

/** Who a request waits for, for *Waiting for …*: `dba`, `dba, security`, `a reviewer`. */
export function waitingFor(needs: readonly Requirement[]): string {
  const groups = [...new Set(groupsOf(needs).flatMap((need) => need.groups))];
  return groups.length === 0 ? 'a reviewer' : groups.join(', ');
}

/** What has to happen, as a sentence: `One of dba has to approve`, `Two of dba, security have to approve`. */
export function needsSentence(needs: readonly Requirement[]): string {
  const approvals = groupsOf(needs);
  if (approvals.length === 0) return 'Granted at once';
  const parts = approvals.map((need) => `${countWord(need.count)} of ${need.groups.join(', ')}`);
  const many = approvals.length > 1 || approvals.some((need) => need.count > 1);
  return `${capital(parts.join(' and '))} ${many ? 'have' : 'has'} to approve`;
}

/** What is still missing, for the facts of a request: `One of dba`, `1 more of dba, security`, `Nothing more`. */
export function needsLeft(
  needs: readonly Requirement[],
  reviews: readonly { readonly reviewer: PrincipalRef; readonly verdict: 'approve' | 'deny' }[],
): string {
  const approvals = groupsOf(needs);
  const given = new Set(
    reviews.flatMap((review) => (review.verdict === 'approve' ? [review.reviewer.id] : [])),
  ).size;
  const only = approvals[0];
  if (only === undefined) return 'Nothing more';
  // With several requirements it isn't known which of them an approval counted for.
  if (approvals.length > 1 || given === 0) {
    return capital(
      approvals.map((need) => `${countWord(need.count)} of ${need.groups.join(', ')}`).join(' and '),
    );
  }
  const left = only.count - given;
  return left <= 0 ? 'Nothing more' : `${left} more of ${only.groups.join(', ')}`;
}

/** Who is asked, in words: `dba`, `dba and security`. */
export function groupsAsked({ needs }: { readonly needs: readonly Requirement[] }): string {
  return [...new Set(groupsOf(needs).flatMap((need) => need.groups))].join(', ') || 'reviewers';
}

/** The policies that ask for something, each once. */
export const policiesOf = (needs: readonly Requirement[]): readonly string[] => [
  ...new Set(needs.map(({ policy }) => policy)),
];

/** Who is asked too where nobody answers; empty where that is nobody. */
export function escalatedTo(needs: readonly Requirement[]): string {
  return [...new Set(groupsOf(needs).flatMap((need) => need.escalate?.groups ?? []))].join(', ');
}

/** Groups that are told where somebody goes ahead without approval. */
export function glassGroups(needs: readonly Requirement[]): readonly string[] {
  return [...new Set(groupsOf(needs).flatMap((need) => need.breakGlass ?? []))];
}

/** Whether policy lets somebody go ahead without the approvals: each of them has to offer it. */
export function mayBreakGlass(needs: readonly Requirement[]): boolean {
  const approvals = groupsOf(needs);
  return approvals.length > 0 && approvals.every((need) => need.breakGlass !== undefined);
}

/** How many distinct people have to approve in all. */
export function approvalsNeeded(needs: readonly Requirement[]): number {
  return groupsOf(needs).reduce((sum, need) => sum + need.count, 0);
}

/** Whether the reason has to name a ticket. */
export function needsTicket(needs: readonly Requirement[]): boolean {
  return needs.some((need) => need.kind === 'justify' && need.ticket);
}
