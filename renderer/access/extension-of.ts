import type { AccessRequest, Grant } from '@drawbridge/contract';

/** The latest request to prolong a grant that still says something: one that waits, or was decided. */
export function extensionOf(
  grant: Pick<Grant, 'id'>,
  requests: readonly AccessRequest[],
): AccessRequest | undefined {
  const own = requests.filter((request) => request.extends === grant.id);
  const latest = own.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))[0];
  return latest?.state === 'cancelled' || latest?.state === 'expired' ? undefined : latest;
}
