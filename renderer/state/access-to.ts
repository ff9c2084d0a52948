import type { AccessRequest, Grant, Resource, Review } from '@drawbridge/contract';
import { grantEnd, isUsable } from './grant-time.ts';

/** How the signed-in person stands to a resource: what its one main button says. */
export type Access =
  /** Granted and in use; the clock runs. */
  | { readonly kind: 'active'; readonly grant: Grant }
  /** Granted, not yet used. */
  | { readonly kind: 'ready'; readonly grant: Grant }
  | { readonly kind: 'waiting'; readonly request: AccessRequest }
  | { readonly kind: 'denied'; readonly request: AccessRequest; readonly review: Review | undefined }
  | { readonly kind: 'none' }
  /** Policy forbids even asking. */
  | { readonly kind: 'forbidden' };

interface Known {
  readonly me: string | undefined;
  readonly grants: readonly Grant[];
  readonly requests: readonly AccessRequest[];
}

/** A denial is news for a day; after that the button offers to ask again. */
const denialIsNews = 86_400_000;

/** Reads a resource's state from what main last said; the lists are newer than what hangs on the resource. */
export function accessTo(resource: Resource, known: Known, now: number): Access {
  const grant = usableGrant(resource, known, now);
  if (grant !== undefined) return { kind: grant.state === 'active' ? 'active' : 'ready', grant };
  const own = known.requests.filter(
    (request) =>
      request.principal.id === known.me &&
      // More time under a grant is asked for where the grant stands.
      request.extends === undefined &&
      request.targets.some((target) => target.resource === resource.name),
  );
  const pending =
    own.find((request) => request.state === 'pending') ?? stillPending(resource.pending, known.requests);
  if (pending !== undefined) return { kind: 'waiting', request: pending };
  const last = own.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))[0];
  if (last?.state === 'denied' && now - Date.parse(last.decidedAt ?? last.createdAt) < denialIsNews) {
    return {
      kind: 'denied',
      request: last,
      review: last.reviews.find((review) => review.verdict === 'deny'),
    };
  }
  return resource.profiles.every((profile) => profile.access === 'denied')
    ? { kind: 'forbidden' }
    : { kind: 'none' };
}

function usableGrant(resource: Resource, known: Known, now: number): Grant | undefined {
  const listed = known.grants.filter(
    (grant) => grant.resource === resource.name && grant.principal.id === known.me,
  );
  const own = listed.filter((grant) => isUsable(grant, now));
  const hanging = resource.grant;
  const newer = hanging === undefined ? undefined : known.grants.find((grant) => grant.id === hanging.id);
  if (hanging !== undefined && newer === undefined && isUsable(hanging, now)) own.push(hanging);
  // In use before unused; of those, the one that lasts longest.
  return own.toSorted(
    (a, b) => Number(b.state === 'active') - Number(a.state === 'active') || grantEnd(b) - grantEnd(a),
  )[0];
}

function stillPending(
  request: AccessRequest | undefined,
  requests: readonly AccessRequest[],
): AccessRequest | undefined {
  if (request === undefined) return undefined;
  const newer = requests.find((candidate) => candidate.id === request.id);
  return newer === undefined && request.state === 'pending' ? request : undefined;
}
