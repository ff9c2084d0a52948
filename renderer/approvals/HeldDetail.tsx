import type { CommandReview } from '@drawbridge/contract';
import { EnvironmentTag } from '../resources/EnvironmentTag.tsx';
import { openRecording } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { useNow } from '../state/clock.ts';
import { waitLeft } from '../state/held.ts';
import { approvalsNeeded, escalatedTo, needsLeft, policiesOf } from '../state/needs-text.ts';
import { countdownText, momentText } from '../state/time-text.ts';
import { Avatar } from '../theme/Avatar.tsx';
import { Icon } from '../theme/Icon.tsx';
import { Ring } from '../theme/Ring.tsx';
import { Tag } from '../theme/Tag.tsx';
import { BrokenGlassNote } from './BrokenGlassNote.tsx';
import { HeldDecision } from './HeldDecision.tsx';
import { HeldText } from './HeldText.tsx';
import { estimateText, heldOutcome, wantsText } from './held-words.ts';
import { LastGrants } from './LastGrants.tsx';
import { ReviewList } from './ReviewList.tsx';

/** Everything needed to decide about one held statement or command, beside the buttons. */
export function HeldDetail({ review }: { readonly review: CommandReview }) {
  const now = useNow('minute');
  const me = useApp((state) => state.me?.user.id);
  const mayWatch = useApp((state) => state.me?.may.viewRecordings ?? false);
  const pending = review.state === 'pending';
  const { displayName } = review.principal;
  const outcome = heldOutcome(review, me);
  return (
    <section className="detail" aria-label={`${displayName} ${wantsText(review)} on ${review.resource}`}>
      <div className="dscroll">
        <div className="dtitle">
          <Avatar name={displayName} size="l" />
          <div className="grow">
            <h2>
              {displayName} {wantsText(review)}
            </h2>
            <div className="meta">
              {review.principal.name}
              {mayWatch ? (
                <>
                  {', '}
                  <button
                    type="button"
                    className="link"
                    onClick={() => openRecording(review.sessionId, review.resource)}
                  >
                    {pending ? 'watch the session' : 'see the session'}
                  </button>
                </>
              ) : null}
            </div>
          </div>
          {pending ? (
            <TimeLeft review={review} />
          ) : (
            <span className="meta">Sent {momentText(review.createdAt, now)} UTC</span>
          )}
        </div>
        <dl className="facts">
          <div>
            <dt>Resource</dt>
            <dd>
              {review.resource} <EnvironmentTag labels={review.labels} />
            </dd>
          </div>
          <div>
            <dt>Profile</dt>
            <dd>{review.profile}</dd>
          </div>
          <div>
            {review.kind === 'statement' ? (
              <>
                <dt>Would touch</dt>
                <dd>
                  {review.estimatedRows === undefined ? (
                    <span className="t3 plain">Not known</span>
                  ) : (
                    <span title="The planner’s estimate">{estimateText(review.estimatedRows)}</span>
                  )}
                </dd>
              </>
            ) : (
              <>
                <dt>Sent</dt>
                <dd>{momentText(review.createdAt, now)} UTC</dd>
              </>
            )}
          </div>
          <div>
            <dt>{pending ? 'Needs' : 'Outcome'}</dt>
            <dd>
              {pending ? (
                needsLeft(review.needs, review.votes)
              ) : (
                <Tag tone={outcome.tone}>{outcome.text}</Tag>
              )}
            </dd>
          </div>
        </dl>
        {review.brokenGlass === undefined ? null : (
          <BrokenGlassNote glass={review.brokenGlass} who={displayName} />
        )}
        <HeldText review={review} />
        <div className="sect">
          <h3>Why access was asked for</h3>
          <p className="reason selectable">“{review.grantReason}”</p>
        </div>
        <div className="two">
          <WhatItDoes review={review} />
          <ReviewList
            title="Approvals"
            needed={approvalsNeeded(review.needs)}
            votes={review.votes}
            waiting={pending && review.reviewable}
          >
            {review.escalatedAt === undefined ? null : (
              <p className="meta after">
                Nobody answered, so {escalatedTo(review.needs) || 'more people'}{' '}
                {escalatedTo(review.needs) ? 'was' : 'were'} asked too at{' '}
                {momentText(review.escalatedAt, now)} UTC.
              </p>
            )}
          </ReviewList>
        </div>
        {review.state !== 'pending' && review.stateReason !== undefined && review.votes.length === 0 ? (
          <p className="meta selectable">{review.stateReason}</p>
        ) : null}
        <LastGrants person={review.principal} />
      </div>
      {pending ? <HeldDecision review={review} /> : null}
    </section>
  );
}

function TimeLeft({ review }: { readonly review: CommandReview }) {
  const { seconds, share } = waitLeft(review, useNow());
  return (
    <span className="timeleft c-held" role="timer">
      <Ring share={share} tone="held" />
      <span>
        Fails in <b>{countdownText(seconds)}</b>
      </span>
    </span>
  );
}

/** What the gateway read in it: what it would do, to what, and who said that it has to wait. */
function WhatItDoes({ review }: { readonly review: CommandReview }) {
  const messages = [
    ...new Set(review.needs.flatMap((need) => (need.message === undefined ? [] : [need.message]))),
  ];
  return (
    <div className="sect">
      <h3>What Drawbridge read in it</h3>
      <dl className="kv wide">
        <dt>Does</dt>
        <dd className="does">
          {actionsOf(review).map(({ name, objects }) => (
            <span key={name} className="selectable">
              <span className="mono inline">{name}</span>
              {objects.length === 0 ? null : <span className="t2"> on {objectsText(objects)}</span>}
            </span>
          ))}
        </dd>
        {review.hasWhere === undefined ? null : (
          <>
            <dt>Condition</dt>
            <dd className={review.hasWhere ? '' : 'c-denied'}>
              <Icon
                name={review.hasWhere ? 'check' : 'warning'}
                small
                className={review.hasWhere ? 'c-active' : 'c-denied'}
              />
              {review.hasWhere ? 'Has a WHERE' : 'No WHERE: every row'}
            </dd>
          </>
        )}
        {review.needs.length === 0 ? null : (
          <>
            <dt>Policy</dt>
            <dd className="mono selectable ell">{policiesOf(review.needs).join(', ')}</dd>
          </>
        )}
      </dl>
      {messages.map((message) => (
        <p className="meta" key={message}>
          {message}
        </p>
      ))}
    </div>
  );
}

/** As many objects are named; a partitioned table alone can have hundreds. */
const MOST_OBJECTS = 3;

function objectsText(objects: readonly string[]): string {
  const named = objects.slice(0, MOST_OBJECTS).join(', ');
  return objects.length <= MOST_OBJECTS ? named : `${named} and ${objects.length - MOST_OBJECTS} more`;
}

/** What is done to the same things stands together: `sql.read, sql.write` on `public.orders`. */
function actionsOf({ actions }: CommandReview): { name: string; objects: readonly string[] }[] {
  const byName = new Map<string, Set<string>>();
  for (const { name, object } of actions) {
    const objects = byName.get(name) ?? new Set();
    if (object !== undefined) objects.add(object);
    byName.set(name, objects);
  }
  const byObjects = new Map<string, { names: string[]; objects: readonly string[] }>();
  for (const [name, objects] of byName) {
    const key = [...objects].sort().join('\n');
    const known = byObjects.get(key) ?? { names: [], objects: [...objects] };
    known.names.push(name);
    byObjects.set(key, known);
  }
  return [...byObjects.values()].map(({ names, objects }) => ({ name: names.join(', '), objects }));
}
