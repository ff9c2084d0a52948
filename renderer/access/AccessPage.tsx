import './access.css';
import type { AccessRequest, Grant } from '@drawbridge/contract';
import { useMemo } from 'react';
import { attempt } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { useNow } from '../state/clock.ts';
import { isUsable } from '../state/grant-time.ts';
import { useOwnHeld } from '../state/held.ts';
import { waitingFor } from '../state/needs-text.ts';
import { useOnline, useUsableGrants } from '../state/own-access.ts';
import { scopeText } from '../state/request-text.ts';
import { agoText, clockText, durationText, momentText } from '../state/time-text.ts';
import { showPage } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { GrantLine } from './GrantLine.tsx';
import { type PastAccess, pastAccess } from './grant-ending.ts';
import { HeldLine } from './HeldLine.tsx';
import { LineHead } from './LineHead.tsx';

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
  const held = useOwnHeld();
  // What would prolong a grant stands with it.
  const waiting = requests.filter(
    (request) =>
      request.principal.id === me &&
      request.state === 'pending' &&
      !usable.some(({ id }) => id === request.extends),
  );
  const past = useMemo(
    () => pastAccess(grants, requests, me, (grant) => isUsable(grant, now)).slice(0, 200),
    [grants, requests, me, now],
  );
  const nothing = held.length + usable.length + waiting.length + past.length === 0;
  return (
    <>
      <div className="pagehead ruled">
        <h1>My access</h1>
        <span className="meta">{summary(usable.length, waiting.length, held.length)}</span>
      </div>
      {nothing && loaded ? (
        <div className="empty">
          <Icon name="key" />
          <p>You have no access and wait for none.</p>
          <Button onClick={() => showPage('resources')}>See resources</Button>
        </div>
      ) : (
        <div className="accesslist">
          {held.length === 0 ? null : (
            <section aria-labelledby="access-held">
              <h2 className="grouphead" id="access-held">
                Held
              </h2>
              <ul>
                {held.map((review) => (
                  <HeldLine key={review.id} review={review} />
                ))}
              </ul>
            </section>
          )}
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

function summary(usable: number, waiting: number, held: number): string {
  const parts = [
    usable === 0 ? 'Nothing usable now' : `${usable} usable`,
    ...(held === 0 ? [] : [`${held} held`]),
    ...(waiting === 0 ? [] : [`${waiting} waiting`]),
  ];
  return parts.join(', ');
}

function WaitingLine({ request }: { readonly request: AccessRequest }) {
  const online = useOnline();
  const now = useNow('minute');
  return (
    <li className="accessline">
      <div className="grow">
        <LineHead resource={request.resource} profile={request.profile}>
          {request.targets.length < 2 ? null : (
            <span className="t3">and {request.targets.length - 1} more</span>
          )}
        </LineHead>
        <p className="quote">“{request.reason}”</p>
        <p className="meta">
          {durationText(request.duration)}
          {request.scope === undefined ? '' : `, ${scopeText(request.scope)}`}, asked{' '}
          {agoText(request.createdAt, now)}, lapses {momentText(request.expiresAt, now)} UTC
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
