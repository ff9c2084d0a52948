import type { AccessRequest } from '@drawbridge/contract';
import { MaskedColumns } from '../access/MaskedColumns.tsx';
import { EnvironmentTag } from '../resources/EnvironmentTag.tsx';
import { protocolFacts } from '../resources/protocol-facts.ts';
import { useApp } from '../state/app-store.ts';
import { useNow } from '../state/clock.ts';
import { approvalsNeeded, escalatedTo, needsLeft } from '../state/needs-text.ts';
import { useResource } from '../state/own-access.ts';
import { allowedText } from '../state/profile-text.ts';
import { askedText, scopeText } from '../state/request-text.ts';
import { agoText, durationText, momentText } from '../state/time-text.ts';
import { Avatar } from '../theme/Avatar.tsx';
import { Icon } from '../theme/Icon.tsx';
import { Tag } from '../theme/Tag.tsx';
import { BrokenGlassNote } from './BrokenGlassNote.tsx';
import { LastGrants } from './LastGrants.tsx';
import { RequestDecision } from './RequestDecision.tsx';
import { ReviewList } from './ReviewList.tsx';
import { reviewOutcome } from './review-outcome.ts';

/** Everything needed to decide one request, beside the buttons. */
export function RequestDetail({ request }: { readonly request: AccessRequest }) {
  const now = useNow('minute');
  const me = useApp((state) => state.me?.user.id);
  const pending = request.state === 'pending';
  const outcome = reviewOutcome(request, me);
  const { displayName } = request.principal;
  return (
    <section className="detail" aria-label={`${displayName} asks for ${askedText(request)}`}>
      <div className="dscroll">
        <div className="dtitle">
          <Avatar name={displayName} size="l" />
          <div className="grow">
            <h2>
              {displayName} {pending ? 'asks' : 'asked'} for {askedText(request)}
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
            <dd>
              {durationText(request.duration)}
              {request.extends === undefined ? null : <span className="t3 plain">from the approval on</span>}
            </dd>
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
        {request.brokenGlass === undefined ? null : (
          <BrokenGlassNote glass={request.brokenGlass} who={displayName} />
        )}
        <div className="sect">
          <h3>Reason</h3>
          <p className="reason selectable">“{request.reason}”</p>
        </div>
        {request.targets.length < 2 ? null : <Targets request={request} />}
        <div className="two">
          <Allowed request={request} />
          <ReviewList
            title="Approvals"
            needed={approvalsNeeded(request.needs)}
            votes={request.reviews}
            waiting={pending && request.reviewable}
          >
            {request.escalatedAt === undefined ? null : (
              <p className="meta after">
                Nobody answered, so {escalatedTo(request.needs) || 'more people'} was asked too at{' '}
                {momentText(request.escalatedAt, now)} UTC.
              </p>
            )}
          </ReviewList>
        </div>
        <LastGrants person={request.principal} />
      </div>
      {pending ? <RequestDecision request={request} /> : null}
    </section>
  );
}

/** Everything that one review decides about. */
function Targets({ request }: { readonly request: AccessRequest }) {
  return (
    <div className="sect">
      <h3>{request.targets.length} resources, decided together</h3>
      <ul className="targets">
        {request.targets.map((target) => (
          <li key={`${target.resource}/${target.profile}`}>
            <Icon name={protocolFacts(target.protocol).icon} small className="t3" />
            <span className="strong">{target.resource}</span>
            <span className="t2">{target.profile}</span>
            <EnvironmentTag labels={target.labels} />
          </li>
        ))}
      </ul>
    </div>
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
        {request.scope === undefined ? null : (
          <>
            <dt>Narrowed</dt>
            <dd className="selectable">{scopeText(request.scope)}</dd>
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
