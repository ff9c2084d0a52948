import type { Session } from '@drawbridge/contract';
import { EnvironmentTag } from '../resources/EnvironmentTag.tsx';
import { useResource } from '../state/own-access.ts';
import { durationText, momentText } from '../state/time-text.ts';
import { Avatar } from '../theme/Avatar.tsx';
import { Tag } from '../theme/Tag.tsx';
import { endingText } from './filter-sessions.ts';

interface SessionRowProps {
  readonly session: Session;
  readonly reason: string | undefined;
  readonly now: number;
  readonly onOpen: () => void;
}

const count = (value: number, word: string) =>
  `${value.toLocaleString('en-US')} ${word}${value === 1 ? '' : 's'}`;

/** One session: who, where, why, when, and what came of it. */
export function SessionRow({ session, reason, now, onOpen }: SessionRowProps) {
  const resource = useResource(session.resource);
  const { principal, state, startedAt, endedAt, refused } = session;
  const seconds = (Date.parse(endedAt ?? new Date(now).toISOString()) - Date.parse(startedAt)) / 1000;
  const ending = session.recording === 'sealed-after-crash' ? undefined : endingText(session);
  return (
    <li>
      <button type="button" className="recrow" disabled={session.recording === 'missing'} onClick={onOpen}>
        <Avatar name={principal.displayName} />
        <span className="recwho">
          <span className="strong ell">{principal.displayName}</span>
          {reason === undefined ? null : <span className="meta ell">“{reason}”</span>}
        </span>
        <span className="row recwhere">
          <span className="ell">{session.resource}</span>
          {resource === undefined ? null : <EnvironmentTag labels={resource.labels} />}
          <span className="t3">{session.profile}</span>
        </span>
        <span className="num t2">{momentText(startedAt, now)}</span>
        <span className="num t3 ell">{durationText(Math.max(0, seconds))}</span>
        <span className="num t2 ell">
          {count(session.statements, 'statement')}, {count(session.rows, 'row')}
        </span>
        <span className="row recend">
          {refused === 0 ? null : <Tag tone="denied">{refused} refused</Tag>}
          {state === 'live' ? (
            <Tag tone="active">Live</Tag>
          ) : ending === undefined ? null : (
            <span className="meta ell">{ending}</span>
          )}
          {session.recording === 'sealed-after-crash' ? <Tag tone="pending">Sealed after a crash</Tag> : null}
          {session.recording === 'missing' ? <Tag tone="denied">No recording</Tag> : null}
        </span>
      </button>
    </li>
  );
}
