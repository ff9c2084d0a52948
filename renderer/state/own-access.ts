import type { AccessRequest, Grant, Resource } from '@drawbridge/contract';
import { useMemo } from 'react';
import { type Access, accessTo } from './access-to.ts';
import { useApp } from './app-store.ts';
import { useNow } from './clock.ts';
import { isUsable } from './grant-time.ts';

const noGrants: readonly Grant[] = [];
const noRequests: readonly AccessRequest[] = [];

/** The grants this person can use now, the one that ends first leading. */
export function useUsableGrants(): readonly Grant[] {
  const me = useApp((state) => state.me?.user.id);
  const grants = useApp((state) => state.grants) ?? noGrants;
  const now = useNow('second');
  return useMemo(
    () =>
      grants
        .filter((grant) => grant.principal.id === me && isUsable(grant, now))
        .toSorted((a, b) => (a.expiresAt ?? '9').localeCompare(b.expiresAt ?? '9')),
    [grants, me, now],
  );
}

/** Requests that wait for this person, oldest first. */
export function useReviewable(): readonly AccessRequest[] {
  const requests = useApp((state) => state.requests) ?? noRequests;
  return useMemo(
    () =>
      requests
        .filter((request) => request.reviewable && request.state === 'pending')
        .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt)),
    [requests],
  );
}

/** How this person stands to each of the resources. */
export function useAccess(resources: readonly Resource[]): ReadonlyMap<string, Access> {
  const me = useApp((state) => state.me?.user.id);
  const grants = useApp((state) => state.grants) ?? noGrants;
  const requests = useApp((state) => state.requests) ?? noRequests;
  const now = useNow('second');
  return useMemo(
    () =>
      new Map(
        resources.map((resource) => [resource.name, accessTo(resource, { me, grants, requests }, now)]),
      ),
    [resources, me, grants, requests, now],
  );
}

/** The grant a session tab runs under, also after it ended: the newest of that resource and profile. */
export function useGrantOf(resource: string, profile: string): Grant | undefined {
  const me = useApp((state) => state.me?.user.id);
  const grants = useApp((state) => state.grants) ?? noGrants;
  return useMemo(
    () =>
      grants
        .filter(
          (grant) => grant.resource === resource && grant.profile === profile && grant.principal.id === me,
        )
        .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))[0],
    [grants, resource, profile, me],
  );
}

const noResources: readonly Resource[] = [];

export function useResource(name: string | undefined): Resource | undefined {
  const resources = useApp((state) => state.resources) ?? noResources;
  return useMemo(() => resources.find((resource) => resource.name === name), [resources, name]);
}

/** Whether what a button would do can reach the gateway now. */
export function useOnline(): boolean {
  return useApp((state) => state.connection.status === 'online');
}

/** What stands on a button that can't reach the gateway now; undefined where it can. */
export function useBlocked(): string | undefined {
  const status = useApp((state) => state.connection.status);
  if (status === 'online') return undefined;
  return status === 'sign-in-needed' || status === 'signing-in'
    ? 'Waits for sign-in'
    : 'Waits for the gateway';
}
