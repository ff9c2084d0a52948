import type { Requirement } from '@drawbridge/contract';

/** An approval as it counts: whose, and which groups they were in when they gave it. */
export interface Approval {
  readonly reviewerId: string;
  readonly groups: readonly string[];
}

type Approvable = Extract<Requirement, { kind: 'approve' }>;

/**
 * What is still missing. Each requirement counts distinct people: somebody in three of its groups is one
 * approval. One person's approval counts for every requirement that names one of their groups, since each
 * stands for a policy of its own; whoever wants two people says `2 of dba, security`.
 */
export function unmetApprovals(needs: readonly Requirement[], approvals: readonly Approval[]): Approvable[] {
  return needs
    .filter((need) => need.kind === 'approve')
    .filter((need) => {
      const people = new Set(
        approvals.filter(({ groups }) => shares(need.groups, groups)).map(({ reviewerId }) => reviewerId),
      );
      return people.size < need.count;
    });
}

/** Whether somebody in these groups can bring any of the requirements nearer. */
export const canApprove = (needs: readonly Requirement[], groups: readonly string[]): boolean =>
  needs.some((need) => need.kind === 'approve' && shares(need.groups, groups));

const shares = (some: readonly string[], others: readonly string[]) =>
  some.some((group) => others.includes(group));
