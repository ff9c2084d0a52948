import './access.css';
import type { AccessRequest, Grant } from '@drawbridge/contract';
import { useMemo } from 'react';
import { EnvironmentTag } from '../resources/EnvironmentTag.tsx';
import { protocolFacts } from '../resources/protocol-facts.ts';
import { attempt, openCard, openConnection } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { useNow } from '../state/clock.ts';
import { grantEnd, isUsable } from '../state/grant-time.ts';
import { waitingFor } from '../state/needs-text.ts';
import { useOnline, useResource, useUsableGrants } from '../state/own-access.ts';
import { agoText, clockText, durationText, momentText } from '../state/time-text.ts';
import { showPage } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { EndNow } from './EndNow.tsx';
import { GrantTime } from './GrantTime.tsx';
import { type PastAccess, pastAccess } from './grant-ending.ts';

const noGrants: readonly Grant[] = [];
const noRequests: readonly AccessRequest[] = [];

/** What this person has, waits for and had. */
export function AccessPage() {
  const me = useApp((state) => state.me?.user.id);
  const loaded = useApp((state) => state.grants !== undefined && state.requests !== undefined);
  const grants = useApp((state) => state.grants) ?? noGrants;
  const requests = useApp((state) => state.requests) ?? noRequests;
  const usable = useUsableGrants();
  const now = useNow('minute');
  const waiting = requests.filter((request) => request.principal.id === me && request.state === 'pending');
  const past = useMemo(
    () => pastAccess(grants, requests, me, (grant) => isUsable(grant, now)).slice(0, 200),
    [grants, requests, me, now],
  );
  const nothing = usable.length + waiting.length + past.length === 0;
  return (
    <>
      <div className="pagehead ruled">
        <h1>My access</h1>
        <span className="meta">{summary(usable.length, waiting.length)}</span>
      </div>
      {nothing && loaded ? (
        <div className="empty">
          <Icon name="key" />
          <p>You have no access and wait for none.</p>
          <Button onClick={() => showPage('resources')}>See resources</Button>
        </div>
      ) : (
        <div className="accesslist">
          {usable.length === 0 ? null : (
            <section aria-labelledby="access-now">
              <h2 className="grouphead" id="access-now">
                Now
              </h2>
              <ul>
                {usable.map((grant) => (
                  <GrantLine key={grant.id} grant={grant} />
                ))}
              </ul>
            </section>
          )}
          {waiting.length === 0 ? null : (
            <section aria-labelledby="access-waiting">
              <h2 className="grouphead" id="access-waiting">
                Waiting
              </h2>
              <ul>
                {waiting.map((request) => (
                  <WaitingLine key={request.id} request={request} />
                ))}
              </ul>
            </section>
          )}
          {past.length === 0 ? null : (
            <section aria-labelledby="access-past">
              <h2 className="grouphead" id="access-past">
                Earlier
              </h2>
              <ul>
                {past.map((entry) => (
                  <PastLine key={entry.id} entry={entry} now={now} />
                ))}
              </ul>
            </section>
          )}
        </div>
      )}
    </>
  );
}

function summary(usable: number, waiting: number): string {
  const parts = [
    usable === 0 ? 'Nothing usable now' : `${usable} usable`,
    ...(waiting === 0 ? [] : [`${waiting} waiting`]),
  ];
  return parts.join(', ');
}

interface LineHeadProps {
  readonly resource: string;
  readonly profile: string;
}

function LineHead({ resource, profile }: LineHeadProps) {
  const found = useResource(resource);
  return (
    <div className="row">
      <Icon name={protocolFacts(found?.protocol ?? 'postgres').icon} className="t3" />
      <span className="strong">{resource}</span>
      <span className="t2">{profile}</span>
      {found === undefined ? null : <EnvironmentTag labels={found.labels} />}
    </div>
  );
}

function GrantLine({ grant }: { readonly grant: Grant }) {
  const online = useOnline();
  const now = useNow('minute');
  const by = grant.approvedBy.map((person) => person.displayName).join(', ');
  const until =
    grant.state === 'active'
      ? `until ${momentText(grantEnd(grant), now)} UTC`
      : `use it by ${momentText(grant.activateBy, now)} UTC, then ${durationText(grant.duration)}`;
  return (
    <li className="accessline">
      <div className="grow">
        <LineHead resource={grant.resource} profile={grant.profile} />
        <p className="quote">“{grant.reason}”</p>
        <p className="meta">
          {by === '' ? 'Granted by policy' : `Approved by ${by}`}, {until}
        </p>
      </div>
      <GrantTime grant={grant} />
      <div className="row">
        <Button look="soft" disabled={!online} onClick={() => openConnection(grant.resource, grant.profile)}>
          Connect
        </Button>
        <Button icon="card" onClick={() => openCard(grant.resource, grant.profile)}>
          Card
        </Button>
        <EndNow grant={grant} />
      </div>
    </li>
  );
}

function WaitingLine({ request }: { readonly request: AccessRequest }) {
  const online = useOnline();
  const now = useNow('minute');
  return (
    <li className="accessline">
      <div className="grow">
        <LineHead resource={request.resource} profile={request.profile} />
        <p className="quote">“{request.reason}”</p>
        <p className="meta">
          {durationText(request.duration)}, asked {agoText(request.createdAt, now)}, lapses{' '}
          {momentText(request.expiresAt, now)} UTC
        </p>
      </div>
      <span className="wait">
        <Icon name="clock" small />
        Waiting for {waitingFor(request.needs)}
      </span>
      <Button
        disabled={!online}
        onClick={() =>
          void attempt('The request still stands', () => call('requests.cancel', { id: request.id }))
        }
      >
        Cancel<span className="visually-hidden"> the request for {request.resource}</span>
      </Button>
    </li>
  );
}

function PastLine({ entry, now }: { readonly entry: PastAccess; readonly now: number }) {
  const { ending } = entry;
  return (
    <li className="pastline">
      <span className="meta num" title={`${clockText(ending.at)} UTC`}>
        {momentText(ending.at, now)}
      </span>
      <span className="strong ell">{entry.resource}</span>
      <span className="t2">
        {entry.profile}, {durationText(entry.duration)}
      </span>
      <span className="quote">“{entry.reason}”</span>
      <span className={ending.tone === 'denied' ? 'c-denied' : 't2'}>
        {ending.text}
        {ending.said === undefined ? null : <span className="quote said">“{ending.said}”</span>}
      </span>
    </li>
  );
}
