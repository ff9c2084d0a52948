import { CommandReviewId, Name, RequestId } from '@drawbridge/contract';
import { z } from 'zod';
import type { Place } from '../ipc/contract.ts';

/** What a link `drawbridge://…` turned out to be. It only ever opens a place: nothing is asked for or decided by a link. */
export type DeepLink =
  | { readonly type: 'place'; readonly place: Place }
  | { readonly type: 'invalid'; readonly reason: string };

const SCHEME = 'drawbridge:';
const LONGEST = 500;

const RequestLink = z.strictObject({ resource: Name, profile: Name.optional() });

const invalid = (reason: string): DeepLink => ({ type: 'invalid', reason });

/**
 * `drawbridge://request/<resource>?profile=…`, `drawbridge://approval/<request id>` or `drawbridge://review/<id of a held
 * statement>`.
 */
export function parseDeepLink(text: string): DeepLink {
  if (text.length > LONGEST || !URL.canParse(text)) return invalid('this is no link');
  const url = new URL(text);
  if (url.protocol !== SCHEME) return invalid('this is no link of Drawbridge');
  if (url.username !== '' || url.password !== '' || url.port !== '' || url.hash !== '')
    return invalid('the link has parts that no link of Drawbridge has');
  const target = url.pathname.replace(/^\//, '').replace(/\/$/, '');
  const query = [...url.searchParams];
  if (new Set(query.map(([name]) => name)).size !== query.length)
    return invalid('the link says one thing twice');
  switch (url.hostname) {
    case 'request': {
      const link = RequestLink.safeParse({ ...Object.fromEntries(query), resource: target });
      if (!link.success || query.some(([name]) => name !== 'profile'))
        return invalid('the link names no resource that can be');
      const { resource, profile } = link.data;
      return {
        type: 'place',
        place: { page: 'request', resource, ...(profile === undefined ? {} : { profile }) },
      };
    }
    case 'approval': {
      const id = RequestId.safeParse(target);
      if (!id.success || query.length > 0) return invalid('the link names no request that can be');
      return { type: 'place', place: { page: 'approval', request: id.data } };
    }
    case 'review': {
      const id = CommandReviewId.safeParse(target);
      if (!id.success || query.length > 0) return invalid('the link names no held statement that can be');
      return { type: 'place', place: { page: 'review', review: id.data } };
    }
    default:
      return invalid('the link leads to no place in Drawbridge');
  }
}

/** The link among the arguments that the app was started with, if there is one. */
export const linkAmong = (argv: readonly string[]): string | undefined =>
  argv.find((argument) => argument.toLowerCase().startsWith(`${SCHEME}//`));
