import type { SqlHeld } from '../../../main/ipc/sql-port.ts';
import { BreakGlass } from '../../access/BreakGlass.tsx';
import { ReviewProgress } from '../../access/ReviewProgress.tsx';
import { useNow } from '../../state/clock.ts';
import { useCommandReview, waitLeft } from '../../state/held.ts';
import { countdownText } from '../../state/time-text.ts';
import { Button } from '../../theme/Button.tsx';
import { Icon } from '../../theme/Icon.tsx';
import { Ring } from '../../theme/Ring.tsx';
import { HighlightedSql } from '../HighlightedSql.tsx';

interface HeldCardProps {
  readonly held: SqlHeld;
  /** What was sent, where a person sent it. */
  readonly text: string | undefined;
  readonly resourceName: string;
  readonly withdrawing: boolean;
  readonly onWithdraw: () => void;
}

/** What a statement waits for, where its result will stand. */
export function HeldCard({ held, text, resourceName, withdrawing, onWithdraw }: HeldCardProps) {
  const review = useCommandReview(held.id);
  const { seconds, share } = waitLeft({ ...held, ...(review && { createdAt: review.createdAt }) }, useNow());
  const waitsFor = held.waitsFor.length === 0 ? 'a decision' : held.waitsFor.join(' and ');
  return (
    <section className="refusal heldcard" aria-label="Held">
      <header>
        <Icon name="held" />
        <div className="grow">
          <h2>Waits for {waitsFor}</h2>
          <p className="t2">
            Nothing has reached {resourceName}. It runs once it is approved; you can go on working in another
            tab.
          </p>
        </div>
        <span className="timeleft c-held" role="timer">
          <Ring share={share} tone="held" />
          <span>
            Fails in <b>{countdownText(seconds)}</b>
          </span>
        </span>
      </header>
      <dl className="kv">
        {text === undefined ? null : (
          <>
            <dt>Statement</dt>
            <dd>
              <HighlightedSql text={text} line />
            </dd>
          </>
        )}
        {review === undefined ? null : <ReviewProgress review={review} />}
        <dt>Review</dt>
        <dd className="mono t2 selectable">{held.id}</dd>
      </dl>
      <footer>
        <Button icon="close" disabled={withdrawing} onClick={onWithdraw}>
          {withdrawing ? 'Withdrawing' : 'Withdraw'}
        </Button>
        <span className="grow" />
        {held.breakable ? <BreakGlass id={held.id} resource={resourceName} review={review} /> : null}
      </footer>
    </section>
  );
}
