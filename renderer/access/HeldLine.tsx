import type { CommandReview } from '@drawbridge/contract';
import { attempt } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { useNow } from '../state/clock.ts';
import { waitLeft } from '../state/held.ts';
import { groupsAsked, needsLeft } from '../state/needs-text.ts';
import { useOnline } from '../state/own-access.ts';
import { countdownText } from '../state/time-text.ts';
import { Button } from '../theme/Button.tsx';
import { Ring } from '../theme/Ring.tsx';
import { BreakGlass } from './BreakGlass.tsx';
import { LineHead } from './LineHead.tsx';

/** What this person sent, from whatever program, and still waits for. */
export function HeldLine({ review }: { readonly review: CommandReview }) {
  const online = useOnline();
  const { seconds, share } = waitLeft(review, useNow());
  const approved = review.votes.some((vote) => vote.verdict === 'approve');
  return (
    <li className="accessline">
      <div className="grow">
        <LineHead resource={review.resource} profile={review.profile} />
        <p className="heldtext mono selectable">{review.text.slice(0, 300)}</p>
        <p className="meta">
          Asked {groupsAsked(review)}
          {approved ? `, still needs ${needsLeft(review.needs, review.votes)}` : ''}
        </p>
      </div>
      <span className="timeleft c-held">
        <Ring share={share} tone="held" />
        <span>
          Fails in <b>{countdownText(seconds)}</b>
        </span>
      </span>
      <div className="row">
        <Button
          disabled={!online}
          onClick={() => void attempt('It is still held', () => call('commands.withdraw', { id: review.id }))}
        >
          Withdraw
        </Button>
        {review.breakable ? <BreakGlass id={review.id} resource={review.resource} review={review} /> : null}
      </div>
    </li>
  );
}
