import type { AccessRequest, CommandReview } from '@drawbridge/contract';

/** What stands in the list of approvals: somebody asks for access, or somebody's statement is held. */
export type InboxEntry =
  | { readonly kind: 'request'; readonly id: string; readonly request: AccessRequest }
  | { readonly kind: 'held'; readonly id: string; readonly review: CommandReview };

export const requestEntry = (request: AccessRequest): InboxEntry => ({
  kind: 'request',
  id: request.id,
  request,
});
export const heldEntry = (review: CommandReview): InboxEntry => ({ kind: 'held', id: review.id, review });

/** When it was decided, or asked where it wasn't. */
export function entryMoment(entry: InboxEntry): string {
  const { decidedAt, createdAt } = entry.kind === 'held' ? entry.review : entry.request;
  return decidedAt ?? createdAt;
}

/** What others asked for and sent that is over, newest first. */
export function decidedEntries(
  requests: readonly AccessRequest[],
  reviews: readonly CommandReview[],
  me: string | undefined,
): readonly InboxEntry[] {
  const over = ({ state, principal }: AccessRequest | CommandReview) =>
    state !== 'pending' && principal.id !== me;
  return [...requests.filter(over).map(requestEntry), ...reviews.filter(over).map(heldEntry)].toSorted(
    (a, b) => entryMoment(b).localeCompare(entryMoment(a)),
  );
}
