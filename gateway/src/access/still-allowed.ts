import type { Grant, Requirement } from '@drawbridge/contract';
import type { Kysely } from 'kysely';
import type { Database } from '../store/database.ts';
import type { StoredResource } from '../store/documents.ts';
import { type Authorizer, isJustification } from './authorizer.ts';
import type { Caller } from './caller.ts';
import { asked } from './escalation.ts';
import { type Approval, unmetApprovals } from './quorum.ts';
import { findExtensions, findRequest, type StoredRequest } from './request-rows.ts';
import { findUser } from './users.ts';

/** Whether the holder of a grant may go on, as the documents stand now. */
export type StillAllowed = 'allowed' | 'policy_changed' | 'resource_removed';

export interface StillAllowedParts {
  readonly db: Kysely<Database>;
  readonly authorizer: Authorizer;
  /** As it is now; undefined where it is gone. */
  readonly resource: StoredResource | undefined;
  /** Milliseconds. */
  readonly now: number;
}

/**
 * Whether policy as it stands still lets the holder connect: with their present groups, for as long as was asked for
 * and for each time it was extended, and with the approvals that all of these have. A policy that asks for more than
 * was given forbids it; one that is met by broken glass has to offer that still.
 * @param address where the session comes from, for policies that ask; where access was asked from when absent
 */
export async function stillAllowed(
  { db, authorizer, resource, now }: StillAllowedParts,
  grant: Grant,
  address?: string,
): Promise<StillAllowed> {
  if (!resource || !Object.hasOwn(resource.profiles, grant.profile)) return 'resource_removed';
  const [user, request, extensions] = await Promise.all([
    findUser(db, grant.principal.id),
    findRequest(db, grant.requestId, now),
    findExtensions(db, grant.id, now),
  ]);
  if (!user || !request) return 'policy_changed';
  const approvals = [request, ...extensions].flatMap((each) => each.approvals);
  const allowed = [request, ...extensions].every((given) => {
    const caller: Caller = { user, address: address ?? given.address };
    const decision = authorizer.connect(caller, {
      resource,
      profile: grant.profile,
      duration: given === request ? grant.duration : (given.given ?? given.request.duration),
      reason: given.request.reason,
    });
    if (decision.verdict !== 'needs') return decision.verdict === 'allow';
    return isMet(decision.requirements, given, approvals);
  });
  return allowed ? 'allowed' : 'policy_changed';
}

function isMet(
  requirements: readonly Requirement[],
  { request }: StoredRequest,
  approvals: readonly Approval[],
): boolean {
  if (requirements.some(isJustification)) return false;
  const escalatedAt = request.escalatedAt === undefined ? undefined : Date.parse(request.escalatedAt);
  const unmet = unmetApprovals(asked(requirements, Date.parse(request.createdAt), escalatedAt), approvals);
  return unmet.every(({ breakGlass }) => request.brokenGlass !== undefined && breakGlass !== undefined);
}
