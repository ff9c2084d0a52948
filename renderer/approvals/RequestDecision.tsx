import type { AccessRequest } from '@drawbridge/contract';
import { showToast } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { shorterChoices } from '../state/duration-choices.ts';
import { durationText } from '../state/time-text.ts';
import { Decision, Undecidable } from './Decision.tsx';
import { shortest } from './review-outcome.ts';

/** Approve, approve for less, or deny a request for access. */
export function RequestDecision({ request }: { readonly request: AccessRequest }) {
  const me = useApp((state) => state.me?.user.id);
  const review = async (verdict: 'approve' | 'deny', reason?: string, duration?: number) => {
    const after = await call('requests.review', {
      id: request.id,
      review: {
        verdict,
        ...(duration === undefined ? {} : { duration }),
        ...(reason === undefined ? {} : { reason }),
      },
    });
    showToast(outcome(after, verdict));
  };
  if (!request.reviewable)
    return (
      <Undecidable
        decided={request.reviews.some((candidate) => candidate.reviewer.id === me)}
        own={request.principal.id === me ? 'Nobody reviews their own request.' : undefined}
      />
    );
  const longest = shortest(request) ?? request.duration;
  const choices = shorterChoices(longest);
  return (
    <Decision approve={`Approve ${durationText(longest)}`} onDecide={review}>
      {(run, may) =>
        choices.length === 0 ? null : (
          <>
            <span className="meta orshorter">or shorter</span>
            <fieldset className="seg l" aria-label="Approve for a shorter time">
              {choices.map((seconds) => (
                <button
                  key={seconds}
                  type="button"
                  disabled={!may}
                  aria-label={`Approve ${durationText(seconds)}`}
                  onClick={() => run(() => review('approve', undefined, seconds))}
                >
                  {durationText(seconds)}
                </button>
              ))}
            </fieldset>
          </>
        )
      }
    </Decision>
  );
}

function outcome(after: AccessRequest, verdict: 'approve' | 'deny') {
  const what = `${after.principal.displayName}, ${after.profile} on ${after.resource}`;
  if (verdict === 'deny') return { kind: 'info', title: `Denied: ${what}` } as const;
  return after.state === 'approved'
    ? ({ kind: 'active', title: `Approved: ${what}` } as const)
    : ({
        kind: 'info',
        title: `Your approval counts: ${what}`,
        body: 'It waits for somebody else.',
      } as const);
}
