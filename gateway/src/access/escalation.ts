import type { Requirement } from '@drawbridge/contract';

type Approvable = Extract<Requirement, { kind: 'approve' }>;

/**
 * Requirements as they count now: the groups of what has escalated may approve too.
 * @param createdAt when it was asked, in ms
 * @param escalatedAt when further groups were asked last, in ms
 */
export const asked = (
  needs: readonly Requirement[],
  createdAt: number,
  escalatedAt: number | undefined,
): Requirement[] =>
  needs.map((need) => {
    if (need.kind !== 'approve' || need.escalate === undefined) return need;
    if (escalatedAt === undefined || dueAt(need.escalate, createdAt) > escalatedAt) return need;
    return { ...need, groups: [...new Set([...need.groups, ...need.escalate.groups])] };
  });

/** When further groups are to be asked next, in ms; undefined where there are none left. */
export function nextEscalation(
  needs: readonly Requirement[],
  createdAt: number,
  escalatedAt: number | undefined,
): number | undefined {
  const due = needs
    .flatMap((need) => (need.kind === 'approve' && need.escalate ? [dueAt(need.escalate, createdAt)] : []))
    .filter((at) => escalatedAt === undefined || at > escalatedAt);
  return due.length === 0 ? undefined : Math.min(...due);
}

/** Every group that requirements name as those who may approve, once each. */
export const groupsAsked = (needs: readonly Requirement[]): string[] => [
  ...new Set(needs.flatMap((need) => (need.kind === 'approve' ? need.groups : []))),
];

const dueAt = ({ after }: NonNullable<Approvable['escalate']>, createdAt: number) => createdAt + after * 1000;

/** A row that waits and whose next escalation is due. */
interface Due {
  readonly needs: readonly Requirement[];
  readonly created_at: Date;
  readonly review_groups: readonly string[];
}

/** What the row becomes, and which groups are asked beside those before. */
export function escalated({ needs, created_at, review_groups }: Due, now: number) {
  const createdAt = created_at.getTime();
  const groups = groupsAsked(asked(needs, createdAt, now));
  const next = nextEscalation(needs, createdAt, now);
  return {
    row: {
      escalated_at: new Date(now),
      escalate_at: next === undefined ? null : new Date(next),
      review_groups: groups,
    },
    further: groups.filter((group) => !review_groups.includes(group)),
  };
}
