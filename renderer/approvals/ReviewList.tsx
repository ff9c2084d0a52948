import type { PrincipalRef } from '@drawbridge/contract';
import type { ReactNode } from 'react';
import { useApp } from '../state/app-store.ts';
import { useNow } from '../state/clock.ts';
import { clockText, durationText, momentText } from '../state/time-text.ts';
import { Avatar } from '../theme/Avatar.tsx';
import { Icon } from '../theme/Icon.tsx';

interface Said {
  readonly reviewer: PrincipalRef;
  readonly verdict: 'approve' | 'deny';
  readonly duration?: number | undefined;
  readonly reason?: string | undefined;
  readonly createdAt: string;
}

interface ReviewListProps {
  readonly title: string;
  /** Distinct people that have to approve. */
  readonly needed: number;
  readonly votes: readonly Said[];
  /** The reader has yet to decide. */
  readonly waiting: boolean;
  readonly children?: ReactNode;
}

/** Who said what, in full, and who is still asked. */
export function ReviewList({ title, needed, votes, waiting, children }: ReviewListProps) {
  const me = useApp((state) => state.me?.user);
  const now = useNow('minute');
  const given = votes.filter((vote) => vote.verdict === 'approve').length;
  return (
    <div className="sect">
      <h3>{needed === 0 ? 'Reviews' : `${title}, ${given} of ${needed}`}</h3>
      <ul className="hist reviews">
        {votes.map((vote) => (
          <li key={vote.reviewer.id}>
            <Avatar name={vote.reviewer.displayName} />
            {vote.verdict === 'approve' ? (
              <Icon name="check" small className="c-active" label="Approved" />
            ) : (
              <Icon name="refused" small className="c-denied" label="Denied" />
            )}
            <span className="ell">
              {vote.reviewer.id === me?.id ? 'You' : vote.reviewer.displayName}
              {vote.duration === undefined ? (
                ''
              ) : (
                <span className="t3"> at most {durationText(vote.duration)}</span>
              )}
            </span>
            <span className="meta num" title={`${clockText(vote.createdAt)} UTC`}>
              {momentText(vote.createdAt, now)}
            </span>
            {vote.reason === undefined ? null : <span className="quote said">“{vote.reason}”</span>}
          </li>
        ))}
        {waiting && me !== undefined ? (
          <li>
            <Avatar name={me.displayName} open />
            <Icon name="clock" small className="c-pending" label="Waiting" />
            <span>You</span>
            <span />
          </li>
        ) : null}
      </ul>
      {needed > 1 ? <p className="meta after">{needed === 2 ? 'Two' : needed} different people.</p> : null}
      {children}
    </div>
  );
}
