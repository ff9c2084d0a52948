import type { AccessRequest } from '@drawbridge/contract';
import { durationText } from '../state/time-text.ts';
import type { TagTone } from '../theme/Tag.tsx';

export interface Outcome {
  readonly text: string;
  readonly tone: Extract<TagTone, 'active' | 'denied' | 'pending' | 'held' | 'plain'>;
}

/** What became of a request, as its tag says it. `me` is the id of who reads it. */
export function reviewOutcome(request: AccessRequest, me: string | undefined): Outcome {
  const by = (verdict: 'approve' | 'deny') => {
    const review = request.reviews.findLast((candidate) => candidate.verdict === verdict);
    if (review === undefined) return { who: '', review };
    return {
      who: review.reviewer.id === me ? ' by you' : ` by ${review.reviewer.displayName.split(' ')[0]}`,
      review,
    };
  };
  if (request.brokenGlass !== undefined) return { text: 'Broken glass', tone: 'denied' };
  switch (request.state) {
    case 'approved': {
      const { who } = by('approve');
      const shorter = shortest(request);
      if (who === '') return { text: 'Granted by policy', tone: 'active' };
      return shorter === undefined
        ? { text: `Approved${who}`, tone: 'active' }
        : { text: `Shortened to ${durationText(shorter)}${who}`, tone: 'active' };
    }
    case 'denied':
      return { text: `Denied${by('deny').who}`, tone: 'denied' };
    case 'cancelled':
      return { text: 'Withdrawn', tone: 'plain' };
    case 'expired':
      return { text: 'Lapsed', tone: 'plain' };
    case 'pending':
      return { text: request.extends === undefined ? 'Request' : 'More time', tone: 'pending' };
    default:
      return request.state satisfies never;
  }
}

/** The time that approvals leave of what was asked for; undefined where nobody shortened it. */
export function shortest(request: Pick<AccessRequest, 'duration' | 'reviews'>): number | undefined {
  const given = request.reviews.flatMap((review) =>
    review.verdict === 'approve' && review.duration !== undefined ? [review.duration] : [],
  );
  const least = Math.min(...given, request.duration);
  return least < request.duration ? least : undefined;
}
