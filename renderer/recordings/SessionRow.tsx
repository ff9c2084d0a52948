import type { Session } from '@drawbridge/contract';
import { EnvironmentTag } from '../resources/EnvironmentTag.tsx';
import { useResource } from '../state/own-access.ts';
import { durationText, momentText } from '../state/time-text.ts';
import { Avatar } from '../theme/Avatar.tsx';
import { Tag } from '../theme/Tag.tsx';
import { bytesText } from './entry-words.ts';
import { endingText } from './filter-sessions.ts';
import { LiveMark } from './LiveMark.tsx';

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
  const live = session.state === 'live';
  const closed = live && !session.may.watch && !session.may.terminate;
  const { principal, startedAt, endedAt, refused } = session;
  const seconds = (Date.parse(endedAt ?? new Date(now).toISOString()) - Date.parse(startedAt)) / 1000;
  const ending = session.recording === 'sealed-after-crash' ? undefined : endingText(session);
  return (
    <li>
      <button
        type="button"
        className="recrow"
        disabled={session.recording === 'missing' || closed}
        title={closed ? 'It can be viewed once it has ended.' : undefined}
        onClick={onOpen}
      >
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
          {session.protocol === 'ssh'
            ? `${count(session.statements, 'channel')}, ${bytesText(session.bytesOut)}`
            : `${count(session.statements, 'statement')}, ${count(session.rows, 'row')}`}
        </span>
        <span className="row recend">
          {refused === 0 ? null : <Tag tone="denied">{refused} refused</Tag>}
          {live ? (
            <>
              <LiveMark />
              {session.may.watch ? <span className="strong c-accent">Watch live</span> : null}
            </>
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
