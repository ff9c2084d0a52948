import type { CommandReview } from '@drawbridge/contract';
import { showToast } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { useNow } from '../state/clock.ts';
import { waitLeft } from '../state/held.ts';
import { Decision, Undecidable } from './Decision.tsx';
import { kindText } from './held-words.ts';

/** Approve once, or deny what is held. */
export function HeldDecision({ review }: { readonly review: CommandReview }) {
  const me = useApp((state) => state.me?.user.id);
  const over = waitLeft(review, useNow()).seconds <= 0;
  const kind = kindText(review);
  const vote = async (verdict: 'approve' | 'deny', reason: string | undefined) => {
    const after = await call('commands.vote', {
      id: review.id,
      vote: { verdict, ...(reason === undefined ? {} : { reason }) },
    });
    showToast(outcome(after, verdict));
  };
  if (!review.reviewable)
    return (
      <Undecidable
        decided={review.votes.some((candidate) => candidate.reviewer.id === me)}
        own={review.principal.id === me ? `Nobody reviews their own ${kind}.` : undefined}
      />
    );
  return (
    <Decision
      approve="Approve once"
      disabled={over}
      onDecide={vote}
      note={over ? 'Its time is over.' : `Runs this exact text, in this session, once.`}
    />
  );
}

function outcome(after: CommandReview, verdict: 'approve' | 'deny') {
  const what = `${after.principal.displayName}, a ${kindText(after)} on ${after.resource}`;
  if (verdict === 'deny') return { kind: 'info', title: `Denied: ${what}` } as const;
  return after.state === 'approved'
    ? ({ kind: 'active', title: `Approved: ${what}`, body: 'It runs now.' } as const)
    : ({
        kind: 'info',
        title: `Your approval counts: ${what}`,
        body: 'It waits for somebody else.',
      } as const);
}
