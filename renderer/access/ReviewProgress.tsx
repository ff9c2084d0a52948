import type { CommandReview } from '@drawbridge/contract';
import { useNow } from '../state/clock.ts';
import { escalatedTo, groupsAsked, needsLeft, policiesOf } from '../state/needs-text.ts';
import { momentText } from '../state/time-text.ts';

/** Who was asked, who has answered, and what is still missing: rows of a list of facts. */
export function ReviewProgress({ review }: { readonly review: CommandReview }) {
  const now = useNow('minute');
  const approvals = review.votes.filter((vote) => vote.verdict === 'approve');
  return (
    <>
      <dt>Asked</dt>
      <dd>
        {groupsAsked(review)}
        {review.escalatedAt === undefined ? null : (
          <span className="t3">
            {escalatedTo(review.needs) === '' ? 'more people' : `${escalatedTo(review.needs)} too`}, since{' '}
            {momentText(review.escalatedAt, now)} UTC
          </span>
        )}
      </dd>
      {approvals.length === 0 ? null : (
        <>
          <dt>Approved by</dt>
          <dd>
            {approvals.map(({ reviewer }) => reviewer.displayName).join(', ')}
            <span className="t3">still needs {needsLeft(review.needs, review.votes)}</span>
          </dd>
        </>
      )}
      {review.needs.length === 0 ? null : (
        <>
          <dt>Policy</dt>
          <dd className="selectable">{policiesOf(review.needs).join(', ')}</dd>
        </>
      )}
    </>
  );
}
