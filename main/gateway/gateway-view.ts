import type { AccessRequest, CommandReview, Grant, Me, Resource } from '@drawbridge/contract';
import type { ConnectionState } from '../ipc/app-state.ts';

/** What is known of one gateway. The lists are undefined until first loaded, and kept while offline. */
export interface GatewayView {
  readonly connection: ConnectionState;
  readonly me?: Me;
  readonly resources?: readonly Resource[];
  /** The person's own, and those that they may review. */
  readonly requests?: readonly AccessRequest[];
  /** The person's own. */
  readonly grants?: readonly Grant[];
  /** Held statements and commands: the person's own, those that they may review or are told of. */
  readonly commandReviews?: readonly CommandReview[];
}

/** As many held statements are kept, the newest. */
const MOST_REVIEWS = 300;

/** Whether a connection can be made under it now. */
export const isUsable = (grant: Pick<Grant, 'state'>): boolean =>
  grant.state === 'approved' || grant.state === 'active';

export const usableGrant = (view: GatewayView, resource: string, profile: string): Grant | undefined =>
  view.grants?.find((grant) => grant.resource === resource && grant.profile === profile && isUsable(grant));

/** Newest first: the ids begin with the time. */
const byNewest = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? 1 : -1);

const replaced = <T extends { readonly id: string }>(list: readonly T[], item: T): readonly T[] =>
  [item, ...list.filter(({ id }) => id !== item.id)].sort(byNewest);

/** The view after a held statement became what it is. */
export function withCommandReview(view: GatewayView, review: CommandReview): GatewayView {
  if (view.commandReviews === undefined) return view;
  return { ...view, commandReviews: replaced(view.commandReviews, review).slice(0, MOST_REVIEWS) };
}

/** The view after a request became what it is: in the list, and as the waiting one of its resource. */
export function withRequest(view: GatewayView, request: AccessRequest): GatewayView {
  if (view.requests === undefined) return view;
  const requests = replaced(view.requests, request);
  // What would prolong a grant doesn't stand in the way of its resource.
  if (request.principal.id !== view.me?.user.id || request.extends !== undefined)
    return { ...view, requests };
  const resources = view.resources?.map((resource) => {
    if (!request.targets.some((target) => target.resource === resource.name)) return resource;
    const { pending, ...rest } = resource;
    if (request.state === 'pending') return { ...rest, pending: request };
    return pending === undefined || pending.id === request.id ? rest : resource;
  });
  return { ...view, requests, ...(resources === undefined ? {} : { resources }) };
}

/** The view after a grant became what it is. Other people's grants reach reviewers too and are not kept. */
export function withGrant(view: GatewayView, grant: Grant): GatewayView {
  if (view.grants === undefined || grant.principal.id !== view.me?.user.id) return view;
  const grants = replaced(view.grants, grant);
  const resources = view.resources?.map((resource) => {
    if (resource.name !== grant.resource) return resource;
    const { grant: known, ...rest } = resource;
    if (isUsable(grant)) return known === undefined || known.id <= grant.id ? { ...rest, grant } : resource;
    if (known !== undefined && known.id !== grant.id) return resource;
    const other = grants.find((candidate) => candidate.resource === resource.name && isUsable(candidate));
    return other === undefined ? rest : { ...rest, grant: other };
  });
  return { ...view, grants, ...(resources === undefined ? {} : { resources }) };
}
