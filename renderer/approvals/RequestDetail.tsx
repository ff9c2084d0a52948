import type { AccessRequest } from '@drawbridge/contract';
import { MaskedColumns } from '../access/MaskedColumns.tsx';
import { EnvironmentTag } from '../resources/EnvironmentTag.tsx';
import { useApp } from '../state/app-store.ts';
import { useNow } from '../state/clock.ts';
import { approvalsNeeded, needsLeft } from '../state/needs-text.ts';
import { useResource } from '../state/own-access.ts';
import { allowedText } from '../state/profile-text.ts';
import { agoText, clockText, durationText, momentText } from '../state/time-text.ts';
import { Avatar } from '../theme/Avatar.tsx';
import { Icon } from '../theme/Icon.tsx';
import { Tag } from '../theme/Tag.tsx';
import { Decision } from './Decision.tsx';
import { LastGrants } from './LastGrants.tsx';
import { reviewOutcome } from './review-outcome.ts';

/** Everything needed to decide one request, beside the buttons. */
export function RequestDetail({ request }: { readonly request: AccessRequest }) {
  const now = useNow('minute');
  const me = useApp((state) => state.me?.user.id);
  const pending = request.state === 'pending';
  const outcome = reviewOutcome(request, me);
  const { displayName } = request.principal;
  return (
    <section
      className="detail"
      aria-label={`${displayName} asks for ${request.profile} on ${request.resource}`}
    >
      <div className="dscroll">
        <div className="dtitle">
          <Avatar name={displayName} size="l" />
          <div className="grow">
            <h2>
              {displayName} {pending ? 'asks' : 'asked'} for {request.profile} on {request.resource}
            </h2>
            <div className="meta">{request.principal.name}</div>
          </div>
          <span className="meta">
            {pending
              ? `Asked ${agoText(request.createdAt, now)}, lapses ${momentText(request.expiresAt, now)} UTC`
              : `Asked ${momentText(request.createdAt, now)} UTC`}
          </span>
        </div>
        <dl className="facts">
          <div>
            <dt>Resource</dt>
            <dd>
              {request.resource} <EnvironmentTag labels={request.labels} />
            </dd>
          </div>
          <div>
            <dt>Profile</dt>
            <dd>{request.profile}</dd>
          </div>
          <div>
            <dt>For</dt>
            <dd>{durationText(request.duration)}</dd>
          </div>
          <div>
            <dt>{pending ? 'Needs' : 'Outcome'}</dt>
            <dd>
              {pending ? (
                needsLeft(request.needs, request.reviews)
              ) : (
                <Tag tone={outcome.tone}>{outcome.text}</Tag>
              )}
            </dd>
          </div>
        </dl>
        <div className="sect">
          <h3>Reason</h3>
          <p className="reason selectable">“{request.reason}”</p>
        </div>
        <div className="two">
          <Allowed request={request} />
          <Approvals request={request} />
        </div>
        <LastGrants request={request} />
      </div>
      {pending ? <Decision request={request} /> : null}
    </section>
  );
}

function Allowed({ request }: { readonly request: AccessRequest }) {
  const resource = useResource(request.resource);
  const profile = resource?.profiles.find((candidate) => candidate.name === request.profile);
  const policies = [...new Set(request.needs.map((need) => need.policy))];
  const messages = [
    ...new Set(request.needs.flatMap((need) => (need.message === undefined ? [] : [need.message]))),
  ];
  return (
    <div className="sect">
      <h3>What {request.profile} allows here</h3>
      <dl className="kv wide">
        {profile === undefined ? null : (
          <>
            <dt>Statements</dt>
            <dd>{allowedText(profile.allow)}</dd>
            <dt>At most</dt>
            <dd>{durationText(profile.maxDuration)}</dd>
          </>
        )}
        {resource === undefined ? null : (
          <>
            <dt>Masked</dt>
            <dd>
              <MaskedColumns columns={resource.maskedColumns} />
            </dd>
          </>
        )}
        {policies.length === 0 ? null : (
          <>
            <dt>Policy</dt>
            <dd className="mono selectable ell">{policies.join(', ')}</dd>
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

function Approvals({ request }: { readonly request: AccessRequest }) {
  const me = useApp((state) => state.me?.user);
  const now = useNow('minute');
  const needed = approvalsNeeded(request.needs);
  const given = request.reviews.filter((review) => review.verdict === 'approve').length;
  return (
    <div className="sect">
      <h3>{needed === 0 ? 'Reviews' : `Approvals, ${given} of ${needed}`}</h3>
      <ul className="hist reviews">
        {request.reviews.map((review) => (
          <li key={review.id}>
            <Avatar name={review.reviewer.displayName} />
            {review.verdict === 'approve' ? (
              <Icon name="check" small className="c-active" label="Approved" />
            ) : (
              <Icon name="refused" small className="c-denied" label="Denied" />
            )}
            <span className="ell">
              {review.reviewer.id === me?.id ? 'You' : review.reviewer.displayName}
              {review.duration === undefined ? (
                ''
              ) : (
                <span className="t3"> at most {durationText(review.duration)}</span>
              )}
            </span>
            <span className="meta num" title={`${clockText(review.createdAt)} UTC`}>
              {momentText(review.createdAt, now)}
            </span>
            {review.reason === undefined ? null : <span className="quote said">“{review.reason}”</span>}
          </li>
        ))}
        {request.state === 'pending' && request.reviewable && me !== undefined ? (
          <li>
            <Avatar name={me.displayName} open />
            <Icon name="clock" small className="c-pending" label="Waiting" />
            <span>You</span>
            <span />
          </li>
        ) : null}
      </ul>
      {needed > 1 ? <p className="meta after">{needed === 2 ? 'Two' : needed} different people.</p> : null}
    </div>
  );
}
