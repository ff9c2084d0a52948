import type { CommandReview, Requirement, User } from '@drawbridge/contract';
import { type Authorizer, mayReview } from './authorizer.ts';
import type { StoredCommand } from './command-review-rows.ts';
import { canApprove, unmetApprovals } from './quorum.ts';

type May = Pick<Authorizer, 'may'>;

/** Whether this person has a say in it: in a group that was asked, and let by policy. Nobody has in their own. */
function isReviewer(authorizer: May, { review, duration }: StoredCommand, user: User): boolean {
  const { resource: name, protocol, labels, profile } = review;
  return (
    review.principal.id !== user.id &&
    canApprove(review.needs, user.groups) &&
    mayReview(authorizer, user, { resource: { name, protocol, labels }, profile, duration })
  );
}

/** One's own, those one may review or voted on, those where one is told of broken glass, and all with `admin.read`. */
export function canSeeCommand(authorizer: May, stored: StoredCommand, user: User): boolean {
  const { review } = stored;
  return (
    review.principal.id === user.id ||
    review.votes.some(({ reviewer }) => reviewer.id === user.id) ||
    (review.brokenGlass?.told.some((group) => user.groups.includes(group)) ?? false) ||
    isReviewer(authorizer, stored, user) ||
    authorizer.may({ user }, 'admin.read')
  );
}

/** Whether this person's vote would count now. */
export function canVote(authorizer: May, stored: StoredCommand, user: User): boolean {
  const { review, approvals } = stored;
  return (
    review.state === 'pending' &&
    !review.votes.some(({ reviewer }) => reviewer.id === user.id) &&
    canApprove(unmetApprovals(review.needs, approvals), user.groups) &&
    isReviewer(authorizer, stored, user)
  );
}

/** The groups that are told if the glass is broken; undefined where a policy that decided doesn't offer that. */
export function glassOf(needs: readonly Requirement[]): string[] | undefined {
  const told = new Set<string>();
  for (const need of needs) {
    if (need.kind !== 'approve' || need.breakGlass === undefined) return undefined;
    for (const group of need.breakGlass) told.add(group);
  }
  return told.size === 0 ? undefined : [...told];
}

/** It as this person sees it. */
export const commandViewOf = (authorizer: May, stored: StoredCommand, user: User): CommandReview => ({
  ...stored.review,
  reviewable: canVote(authorizer, stored, user),
  breakable:
    stored.review.state === 'pending' &&
    stored.review.principal.id === user.id &&
    glassOf(stored.review.needs) !== undefined,
});
