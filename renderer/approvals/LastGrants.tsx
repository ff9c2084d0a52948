import type { PrincipalRef, Session } from '@drawbridge/contract';
import { useEffect, useState } from 'react';
import { failureText, openRecording } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { call } from '../state/bridge.ts';
import { useNow } from '../state/clock.ts';
import { durationText, momentText } from '../state/time-text.ts';
import { Icon } from '../theme/Icon.tsx';
import { sessionSummary } from './session-summary.ts';

const shown = 5;

/** What somebody did the last times; whoever may not see sessions is told so. */
export function LastGrants({ person }: { readonly person: PrincipalRef }) {
  const { name, displayName } = person;
  const mayView = useApp((state) => state.me?.may.viewRecordings ?? false);
  const [sessions, setSessions] = useState<readonly Session[]>();
  const [problem, setProblem] = useState<string>();
  const now = useNow('minute');
  useEffect(() => {
    let current = true;
    call('sessions.list', { user: name, limit: 20 }).then(
      (answer) => current && setSessions(answer.sessions),
      (error: unknown) => current && setProblem(failureText(error)),
    );
    return () => {
      current = false;
    };
  }, [name]);
  const first = displayName.split(' ')[0];
  return (
    <div className="sect">
      <h3>What {first} did in the last sessions</h3>
      {problem === undefined ? null : <p className="meta">Not shown: {problem}</p>}
      {sessions?.length === 0 ? (
        <p className="meta">
          {mayView ? `${first} has had no session yet.` : 'No session that you may see.'}
        </p>
      ) : null}
      {sessions === undefined || sessions.length === 0 ? null : (
        <ul className="hist wide">
          {sessions.slice(0, shown).map((session) => (
            <li key={session.id}>
              <span className="meta num">{momentText(session.startedAt, now)}</span>
              {session.refused > 0 ? (
                <Icon name="refused" small className="c-denied" label="With refusals" />
              ) : (
                <Icon name="check" small className="c-active" label="Without refusals" />
              )}
              <span className="ell">
                {session.resource}, {session.profile}
              </span>
              <span className="meta ell">{sessionSummary(session)}</span>
              <span className="meta num">{lengthText(session, now)}</span>
              {mayView ? (
                <button
                  type="button"
                  className="link meta c-accent"
                  aria-label={`Recording of ${session.resource}, ${momentText(session.startedAt, now)}`}
                  onClick={() => openRecording(session.id, session.resource)}
                >
                  Recording
                </button>
              ) : (
                <span />
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function lengthText(session: Session, now: number): string {
  const end = session.endedAt === undefined ? now : Date.parse(session.endedAt);
  const length = durationText((end - Date.parse(session.startedAt)) / 1000);
  return session.endedAt === undefined ? `${length}, still open` : length;
}
