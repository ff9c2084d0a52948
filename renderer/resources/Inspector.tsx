import type { Grant, ProfileAccess, Resource } from '@drawbridge/contract';
import { ConnectionCard } from '../access/ConnectionCard.tsx';
import { EndNow } from '../access/EndNow.tsx';
import { GrantTime } from '../access/GrantTime.tsx';
import { MaskedColumns } from '../access/MaskedColumns.tsx';
import type { Access } from '../state/access-to.ts';
import { attempt, openCard, openConnection } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { useNow } from '../state/clock.ts';
import { needsSentence, waitingFor } from '../state/needs-text.ts';
import { useBlocked } from '../state/own-access.ts';
import { allowedText } from '../state/profile-text.ts';
import { scopeText } from '../state/request-text.ts';
import { agoText, clockText, durationText, momentText } from '../state/time-text.ts';
import { openExtend, openRequest } from '../state/view.ts';
import { Avatar } from '../theme/Avatar.tsx';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { Tag } from '../theme/Tag.tsx';
import { EnvironmentTag } from './EnvironmentTag.tsx';
import { protocolFacts } from './protocol-facts.ts';

interface InspectorProps {
  readonly resource: Resource;
  readonly access: Access;
}

/** All about the selected resource, and what to do next with it. */
export function Inspector({ resource, access }: InspectorProps) {
  const { name, icon } = protocolFacts(resource.protocol);
  const region = resource.labels.region;
  return (
    <aside className="insp" aria-label={`About ${resource.name}`}>
      <div className="row head">
        <span className="tile">
          <Icon name={icon} />
        </span>
        <div className="grow">
          <h2>{resource.name}</h2>
          <div className="meta">{[name, region].filter(Boolean).join(', ')}</div>
        </div>
        <EnvironmentTag labels={resource.labels} />
      </div>
      {resource.description === undefined ? null : <p className="t2">{resource.description}</p>}
      {access.kind === 'active' || access.kind === 'ready' ? (
        <WithGrant resource={resource} grant={access.grant} />
      ) : (
        <WithoutGrant resource={resource} access={access} />
      )}
    </aside>
  );
}

function WithGrant({ resource, grant }: { readonly resource: Resource; readonly grant: Grant }) {
  const blocked = useBlocked();
  const profile = resource.profiles.find((candidate) => candidate.name === grant.profile);
  const now = useNow('minute');
  const approver = grant.approvedBy[0];
  return (
    <>
      <div className="row">
        <Button
          look="primary"
          className="grow"
          disabled={blocked !== undefined}
          hint={blocked === undefined ? '⏎' : undefined}
          onClick={() => openConnection(resource.name, grant.profile)}
        >
          {blocked ?? protocolFacts(resource.protocol).open}
        </Button>
        <Button icon="card" onClick={() => openCard(resource.name, grant.profile)}>
          Card
        </Button>
      </div>
      <dl className="kv">
        <dt>Profile</dt>
        <dd>
          {grant.profile}{' '}
          {profile === undefined ? null : <span className="t3 ell">{allowedText(profile.allow)}</span>}
        </dd>
        <dt>Time left</dt>
        <dd>
          <GrantTime grant={grant} of />
          {grant.state === 'active' ? (
            <button type="button" className="link after" onClick={() => openExtend(grant.id)}>
              Extend
            </button>
          ) : null}
        </dd>
        {grant.state === 'approved' ? (
          <>
            <dt>Use it by</dt>
            <dd>{momentText(grant.activateBy, now)} UTC</dd>
          </>
        ) : null}
        <dt>Approved by</dt>
        <dd>
          {grant.brokenGlass !== undefined ? (
            <Tag tone="denied">Nobody: broken glass</Tag>
          ) : approver === undefined ? (
            'Policy, at once'
          ) : (
            <>
              <Avatar name={approver.displayName} size="s" />
              <span className="ell">
                {grant.approvedBy.map((person) => person.displayName).join(', ')},{' '}
                {clockText(grant.createdAt)}
              </span>
            </>
          )}
        </dd>
        {grant.scope === undefined ? null : (
          <>
            <dt>Narrowed</dt>
            <dd className="selectable">{scopeText(grant.scope)}</dd>
          </>
        )}
        <dt>Masked</dt>
        <dd>
          <MaskedColumns columns={resource.maskedColumns} />
        </dd>
        <dt>Recorded</dt>
        <dd>{protocolFacts(resource.protocol).recorded}</dd>
      </dl>
      <ConnectionCard resource={resource} profile={grant.profile} />
      <div className="row inspfoot">
        <span className="meta">{protocolFacts(resource.protocol).secret}</span>
        <span className="grow" />
        <EndNow grant={grant} />
      </div>
    </>
  );
}

function WithoutGrant({ resource, access }: InspectorProps) {
  return (
    <>
      <Standing access={access} resource={resource} />
      <section className="sect">
        <h3>Profiles</h3>
        <ul className="profiles">
          {resource.profiles.map((profile) => (
            <ProfileLine key={profile.name} resource={resource} profile={profile} />
          ))}
        </ul>
      </section>
      <dl className="kv">
        <dt>Masked</dt>
        <dd>
          <MaskedColumns columns={resource.maskedColumns} />
        </dd>
        <dt>Recorded</dt>
        <dd>{protocolFacts(resource.protocol).recorded}</dd>
      </dl>
      {Object.keys(resource.labels).length === 0 ? null : (
        <section className="sect">
          <h3>Labels</h3>
          <div className="labels">
            {Object.entries(resource.labels).map(([key, value]) => (
              <Tag key={key}>
                {key}: {value}
              </Tag>
            ))}
          </div>
        </section>
      )}
    </>
  );
}

/** Waiting, denied or nothing: the state in words and its one button. */
function Standing({ access, resource }: InspectorProps) {
  const blocked = useBlocked();
  const now = useNow('minute');
  switch (access.kind) {
    case 'waiting':
      return (
        <section className="standing">
          <div className="row c-pending strong">
            <Icon name="clock" />
            Waiting for {waitingFor(access.request.needs)}
          </div>
          <p className="meta">
            {access.request.profile} for {durationText(access.request.duration)}, asked{' '}
            {agoText(access.request.createdAt, now)}, lapses {momentText(access.request.expiresAt, now)} UTC
          </p>
          <p className="quote">“{access.request.reason}”</p>
          <Button
            disabled={blocked !== undefined}
            onClick={() =>
              void attempt('The request still stands', () =>
                call('requests.cancel', { id: access.request.id }),
              )
            }
          >
            Cancel the request
          </Button>
        </section>
      );
    case 'denied':
      return (
        <section className="standing">
          <div className="row c-denied strong">
            <Icon name="refused" />
            Denied{access.review === undefined ? '' : ` by ${access.review.reviewer.displayName}`}
          </div>
          <p className="meta">
            {access.request.profile} for {durationText(access.request.duration)},{' '}
            {agoText(access.request.decidedAt ?? access.request.createdAt, now)}
          </p>
          {access.review?.reason === undefined ? null : <p className="quote">“{access.review.reason}”</p>}
          <Button
            disabled={blocked !== undefined}
            onClick={() => openRequest(resource.name, access.request.profile)}
          >
            Ask again
          </Button>
        </section>
      );
    case 'forbidden':
      return (
        <p className="row t2">
          <Icon name="lock" className="t3" />
          Policy gives you none of the profiles here.
        </p>
      );
    case 'none':
      return (
        <Button
          look="primary"
          disabled={blocked !== undefined}
          hint={blocked === undefined ? '⏎' : undefined}
          onClick={() => openRequest(resource.name)}
        >
          {blocked ?? 'Request access'}
        </Button>
      );
    case 'active':
    case 'ready':
      return null;
    default:
      return access satisfies never;
  }
}

function ProfileLine({
  resource,
  profile,
}: {
  readonly resource: Resource;
  readonly profile: ProfileAccess;
}) {
  const denied = profile.access === 'denied';
  const needs = denied
    ? (profile.explanation ?? 'Policy forbids asking for it.')
    : needsSentence(profile.needs);
  return (
    <li>
      <span className={denied ? 'strong t3 row' : 'strong'}>
        {denied ? <Icon name="lock" small /> : null}
        {profile.name}
      </span>
      <span className="meta">
        {denied ? needs : `${allowedText(profile.allow)}, up to ${durationText(profile.maxDuration)}`}
      </span>
      {denied ? null : <span className="meta">{needs}</span>}
      {denied ? null : (
        <Button
          look="ghost"
          aria-label={`Request ${profile.name} on ${resource.name}`}
          onClick={() => openRequest(resource.name, profile.name)}
        >
          Request
        </Button>
      )}
    </li>
  );
}
