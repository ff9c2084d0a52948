import type { AccessRequest, User } from '@drawbridge/contract';
import { type Authorizer, mayReview } from './authorizer.ts';
import type { StoredGrant } from './grant-rows.ts';
import { canApprove, unmetApprovals } from './quorum.ts';
import type { StoredRequest } from './request-rows.ts';

type May = Pick<Authorizer, 'may'>;

/**
 * Whether this person has a say in the request: in a group that a requirement names, and let by policy to review every
 * target that needs that group. What needs others only is for them to say.
 */
function isReviewer(authorizer: May, { request, targets }: StoredRequest, user: User): boolean {
  if (request.principal.id === user.id) return false;
  const own = targets.filter(({ needs }) => canApprove(needs, user.groups));
  return (
    own.length > 0 &&
    own.every(({ resource: name, protocol, labels, profile }) =>
      mayReview(authorizer, user, {
        resource: { name, protocol, labels },
        profile,
        duration: request.duration,
      }),
    )
  );
}

/** One's own, those one may review or did review, those where one is told of broken glass, and all with `admin.read`. */
export function canSeeRequest(authorizer: May, stored: StoredRequest, user: User): boolean {
  const { request } = stored;
  return (
    request.principal.id === user.id ||
    request.reviews.some(({ reviewer }) => reviewer.id === user.id) ||
    isTold(request, user) ||
    isReviewer(authorizer, stored, user) ||
    authorizer.may({ user }, 'admin.read')
  );
}

const isTold = ({ brokenGlass }: Pick<AccessRequest, 'brokenGlass'>, { groups }: User): boolean =>
  brokenGlass?.told.some((group) => groups.includes(group)) ?? false;

/** Whether this person's approval would count now. */
export function canReview(authorizer: May, stored: StoredRequest, user: User): boolean {
  const { request, approvals } = stored;
  return (
    request.state === 'pending' &&
    !request.reviews.some(({ reviewer }) => reviewer.id === user.id) &&
    canApprove(unmetApprovals(request.needs, approvals), user.groups) &&
    isReviewer(authorizer, stored, user)
  );
}

/** The request as this person sees it. */
export const viewOf = (authorizer: May, stored: StoredRequest, user: User): AccessRequest => ({
  ...stored.request,
  reviewable: canReview(authorizer, stored, user),
});

/** Whether this person may end somebody else's grant: a reviewer of it, whoever may end sessions there, an administrator. */
export function canRevoke(
  authorizer: May,
  { grant, resource, reviewGroups }: StoredGrant,
  user: User,
): boolean {
  if (grant.principal.id === user.id) return false;
  const reviewer = reviewGroups.some((group) => user.groups.includes(group));
  return (
    (reviewer &&
      mayReview(authorizer, user, { resource, profile: grant.profile, duration: grant.duration })) ||
    authorizer.may({ user }, 'session.terminate', resource, {
      profile: grant.profile,
      duration: grant.duration,
    }) ||
    authorizer.may({ user }, 'admin.apply')
  );
}

/** One's own, those one may revoke or was told of, and all of them with `admin.read`. */
export const canSeeGrant = (authorizer: May, stored: StoredGrant, user: User): boolean =>
  stored.grant.principal.id === user.id ||
  isTold(stored.grant, user) ||
  canRevoke(authorizer, stored, user) ||
  authorizer.may({ user }, 'admin.read');
