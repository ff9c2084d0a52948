import type { AccessRequest, AccessScope } from '@drawbridge/contract';
import { nameList } from './name-list.ts';

/** Everything that a request asks for: `orders-db (read), build-box (shell)`. */
export const askedFor = ({ targets }: Pick<AccessRequest, 'targets'>): string =>
  targets.map(({ resource, profile }) => `${resource} (${profile})`).join(', ');

/** What access was narrowed to, to follow what it is for: `, only public.orders`. Nothing where it wasn't. */
export function narrowedTo(scope: AccessScope | undefined): string {
  const names = [...(scope?.tables ?? []), ...(scope?.commands ?? [])];
  return names.length === 0 ? '' : `, only ${nameList(names, '')}`;
}
