import type { CommandReview } from '@drawbridge/contract';
import type { Outcome } from './review-outcome.ts';

const kinds: Readonly<Record<CommandReview['kind'], string>> = {
  statement: 'statement',
  command: 'command',
  file: 'file transfer',
  forward: 'connection',
};

/** `statement`, `command`, … */
export const kindText = ({ kind }: Pick<CommandReview, 'kind'>): string => kinds[kind];

/** `wants to run one statement`, `wants to open one connection`. */
export function wantsText({ kind, state }: Pick<CommandReview, 'kind' | 'state'>): string {
  const verb = kind === 'forward' ? 'open' : kind === 'file' ? 'make' : 'run';
  return `${state === 'pending' ? 'wants' : 'wanted'} to ${verb} one ${kinds[kind]}`;
}

/** Where it is held: `the database`, `the host`. */
export const targetText = ({ protocol }: Pick<CommandReview, 'protocol'>): string =>
  protocol === 'postgres' ? 'the database' : 'the host';

/** What became of it, as its tag says it. `me` is the id of who reads it. */
export function heldOutcome(review: CommandReview, me: string | undefined): Outcome {
  if (review.brokenGlass !== undefined) return { text: 'Broken glass', tone: 'denied' };
  const by = (verdict: 'approve' | 'deny') => {
    const vote = review.votes.findLast((candidate) => candidate.verdict === verdict);
    if (vote === undefined) return '';
    return vote.reviewer.id === me ? ' by you' : ` by ${vote.reviewer.displayName.split(' ')[0]}`;
  };
  switch (review.state) {
    case 'approved':
      return { text: `Approved${by('approve')}`, tone: 'active' };
    case 'denied':
      return { text: `Denied${by('deny')}`, tone: 'denied' };
    case 'expired':
      return { text: 'Not answered', tone: 'plain' };
    case 'withdrawn':
      return { text: 'Withdrawn', tone: 'plain' };
    case 'pending':
      return { text: `Held ${kinds[review.kind]}`, tone: 'held' };
    default:
      return review.state satisfies never;
  }
}

/** `about 1,200 rows`; the planner's guess, and said to be one. */
export function estimateText(rows: number): string {
  const whole = Math.round(rows);
  return `about ${whole.toLocaleString('en')} ${whole === 1 ? 'row' : 'rows'}`;
}
