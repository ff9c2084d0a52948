import type { Grant, Session } from '@drawbridge/contract';
import { Menu } from '@mantine/core';
import {
  type KeyboardEvent,
  useDeferredValue,
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
} from 'react';
import { openRecording } from '../state/actions.ts';
import { useApp } from '../state/app-store.ts';
import { useNow } from '../state/clock.ts';
import { isTyping } from '../state/keys.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { Seg } from '../theme/Seg.tsx';
import { filterSessions, reasonsOf, type SessionFilter, type Span } from './filter-sessions.ts';
import './recordings-page.css';
import { SessionRow } from './SessionRow.tsx';
import { useSessions } from './use-sessions.ts';

const noGrants: readonly Grant[] = [];
const noSessions: readonly Session[] = [];

/** Sessions and their recordings: search, then open one. */
export function RecordingsPage() {
  const resources = useApp((state) => state.resources);
  const grants = useApp((state) => state.grants) ?? noGrants;
  const mayAll = useApp((state) => state.me?.may.viewRecordings ?? false);
  const [filter, setFilter] = useState<SessionFilter>({
    text: '',
    resource: undefined,
    span: 'any',
    refused: false,
  });
  const { sessions, failure, loading, more, loadMore, reload } = useSessions(filter.resource);
  const now = useNow('minute');
  const wanted = useDeferredValue(filter);
  const reasons = useMemo(() => reasonsOf(grants), [grants]);
  const found = useMemo(
    () => filterSessions(sessions ?? noSessions, wanted, reasons, now),
    [sessions, wanted, reasons, now],
  );
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);

  const onSlash = useEffectEvent((event: globalThis.KeyboardEvent) => {
    if (event.key !== '/' || isTyping(event.target) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    search.current?.focus();
  });
  useEffect(() => {
    window.addEventListener('keydown', onSlash);
    return () => window.removeEventListener('keydown', onSlash);
  }, []);

  const rows = () => [...(list.current?.querySelectorAll<HTMLElement>('.recrow') ?? [])];
  const onListKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    const all = rows();
    const at = all.findIndex((row) => row.matches(':focus'));
    event.preventDefault();
    if (at + step < 0) search.current?.focus();
    else all[Math.min(all.length - 1, at + step)]?.focus();
  };
  const open = (session: Session) =>
    openRecording(session.id, `${session.principal.displayName}, ${session.resource}`);
  const change = (part: Partial<SessionFilter>) => setFilter((before) => ({ ...before, ...part }));
  const narrowed =
    filter.text !== '' || filter.span !== 'any' || filter.refused || filter.resource !== undefined;

  return (
    <section className="recpage" aria-label="Recordings">
      <div className="pagehead">
        <h1>Recordings</h1>
        <span className="meta">{mayAll ? "Everybody's sessions" : 'Your sessions'}</span>
        <div className="grow" />
        <IconButton icon="retry" label="Look again" disabled={loading} onClick={reload} />
      </div>
      <search className="bar">
        <div className="field recfind">
          <Icon name="search" small />
          <input
            ref={search}
            type="text"
            placeholder="Person, resource, reason or id"
            aria-label="Search recordings"
            spellCheck={false}
            value={filter.text}
            onChange={(event) => change({ text: event.target.value })}
            onKeyDown={(event) => {
              if (event.key === 'ArrowDown') {
                event.preventDefault();
                rows()[0]?.focus();
              } else if (event.key === 'Escape') change({ text: '' });
              else if (event.key === 'Enter' && found[0]) open(found[0]);
            }}
          />
          {filter.text === '' ? (
            <span className="kbd" aria-hidden="true">
              /
            </span>
          ) : null}
        </div>
        <Menu position="bottom-start">
          <Menu.Target>
            <button type="button" className="chip">
              {filter.resource ?? 'Any resource'}
              <Icon name="down" small />
            </button>
          </Menu.Target>
          <Menu.Dropdown className="tallmenu">
            <Menu.Item onClick={() => change({ resource: undefined })}>Any resource</Menu.Item>
            {(resources ?? []).map(({ name }) => (
              <Menu.Item key={name} onClick={() => change({ resource: name })}>
                {name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        <Seg<Span>
          label="When"
          value={filter.span}
          onChange={(span) => change({ span })}
          options={[
            { value: 'any', text: 'Any time' },
            { value: 'today', text: 'Today' },
            { value: 'week', text: '7 days' },
            { value: 'month', text: '30 days' },
          ]}
        />
        <button
          type="button"
          className="chip"
          aria-pressed={filter.refused}
          onClick={() => change({ refused: !filter.refused })}
        >
          {filter.refused ? <Icon name="check" small className="c-accent" /> : null}
          With refusals
        </button>
      </search>
      {sessions === undefined ? (
        failure === undefined ? (
          <Waiting />
        ) : (
          <Failed failure={failure} onRetry={reload} />
        )
      ) : (
        <div className="reclist">
          {failure === undefined ? null : (
            <p className="notice plain" role="status">
              Not up to date: {failure}
            </p>
          )}
          {found.length === 0 ? (
            <div className="empty">
              <Icon name="recording" />
              <p>
                {narrowed
                  ? `None of the ${more ? 'latest ' : ''}${sessions.length.toLocaleString('en-US')} sessions fits.`
                  : 'Nothing was recorded yet. A session appears here as soon as somebody connects.'}
              </p>
              {narrowed ? (
                <Button
                  onClick={() => setFilter({ text: '', resource: undefined, span: 'any', refused: false })}
                >
                  Clear the search
                </Button>
              ) : null}
            </div>
          ) : (
            <ul ref={list} aria-label="Sessions" onKeyDown={onListKey}>
              {found.map((session) => (
                <SessionRow
                  key={session.id}
                  session={session}
                  reason={reasons.get(session.grantId)}
                  now={now}
                  onOpen={() => open(session)}
                />
              ))}
            </ul>
          )}
          {more ? (
            <div className="recmore">
              <Button disabled={loading} onClick={loadMore}>
                {loading ? 'Looking' : 'Show earlier sessions'}
              </Button>
            </div>
          ) : null}
        </div>
      )}
    </section>
  );
}

function Waiting() {
  return (
    <div className="reclist" role="status" aria-label="Loading sessions">
      {[1, 2, 3, 4, 5].map((line) => (
        <div key={line} className="skeleton recskeleton" />
      ))}
    </div>
  );
}

function Failed({ failure, onRetry }: { readonly failure: string; readonly onRetry: () => void }) {
  return (
    <div className="empty" role="alert">
      <Icon name="offline" />
      <p>The sessions could not be read. {failure}</p>
      <Button icon="retry" onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}
