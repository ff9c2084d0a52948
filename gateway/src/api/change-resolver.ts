import type { AccessRequest, CommandReview, Grant, LiveEvent, Session, User } from '@drawbridge/contract';
import type { CommandReviews } from '../access/command-reviews.ts';
import type { Grants } from '../access/grants.ts';
import type { Requests } from '../access/requests.ts';
import type { SessionAccess } from '../sessions/session-access.ts';
import type { Change } from './event-stream.ts';

/** Looks a change up once, and answers for each viewer what they hear of it; see `EventStreamParts.resolve`. */
export function changeResolver(
  requests: Requests,
  grants: Grants,
  sessions: SessionAccess,
  commandReviews: CommandReviews,
) {
  return async (
    change: Change,
  ): Promise<(user: User) => LiveEvent | undefined | Promise<LiveEvent | undefined>> => {
    switch (change.kind) {
      case 'request': {
        const view = await requests.watch(change.id as AccessRequest['id']);
        return (user) => {
          const request = view(user);
          return request && { type: 'request', request };
        };
      }
      case 'grant': {
        const view = await grants.watch(change.id as Grant['id']);
        return (user) => {
          const grant = view(user);
          return grant && { type: 'grant', grant };
        };
      }
      case 'session': {
        const session = await sessions.watch(change.id as Session['id']);
        return async (user) => {
          const seen = session && (await sessions.viewOf({ user }, session));
          return seen && { type: 'session', session: seen };
        };
      }
      case 'command': {
        const view = await commandReviews.watch(change.id as CommandReview['id']);
        return (user) => {
          const review = view(user);
          return review && { type: 'command-review', review };
        };
      }
      case 'configuration':
        return () => ({ type: 'configuration' });
      default:
        return () => undefined;
    }
  };
}
