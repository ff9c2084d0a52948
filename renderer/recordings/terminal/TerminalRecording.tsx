import { type KeyboardEvent, useCallback, useEffect, useMemo, useState } from 'react';
import { useResource } from '../../state/own-access.ts';
import { Icon } from '../../theme/Icon.tsx';
import { IconButton } from '../../theme/IconButton.tsx';
import { EntryList } from '../EntryList.tsx';
import { bytesText } from '../entry-words.ts';
import type { Playing } from '../playing.ts';
import type { RecordingState } from '../recording-source.ts';
import { SessionFacts } from '../SessionFacts.tsx';
import type { TimelineEntry } from '../timeline-entry.ts';
import { ScreenMenu } from './ScreenMenu.tsx';
import { screenAt, screenName } from './screen-words.ts';
import { TerminalStage } from './TerminalStage.tsx';
import type { RecordedScreen } from './terminal-output.ts';
import { useFound } from './use-found.ts';

interface TerminalRecordingProps {
  readonly state: RecordingState & { readonly header: NonNullable<RecordingState['header']> };
  readonly entries: readonly TimelineEntry[];
  /** The moment that is shown. */
  readonly at: number;
  readonly began: number;
  readonly onPlay: (change: Partial<Playing>) => void;
}

/** A session in terminals: what was on a screen at a moment, and beside it what happened when. */
export function TerminalRecording({ state, entries, at, began, onPlay }: TerminalRecordingProps) {
  const { header, output, version } = state;
  const { screens } = output;
  const resource = useResource(header.resource);
  const [chosen, setChosen] = useState<RecordedScreen | undefined>();
  const [selected, setSelected] = useState<TimelineEntry | undefined>();
  const [search, setSearch] = useState('');
  const [marked, setMarked] = useState('');
  const found = useFound(screens, search, version);
  const shown = chosen ?? screenAt(screens, at);
  const reached = useMemo(() => entries.findLast((entry) => entry.at <= at) ?? entries[0], [entries, at]);
  const current = selected !== undefined && selected.at === at ? selected : reached;

  const goTo = useCallback(
    (entry: TimelineEntry) => {
      setSelected(entry);
      setMarked('');
      const channel = 'channel' in entry ? entry.channel : undefined;
      const screen = screens.find((one) => one.channel === channel);
      if (screen) setChosen(screen === screenAt(screens, entry.at) ? undefined : screen);
      onPlay({ at: entry.at, running: false });
    },
    [screens, onPlay],
  );
  // Where looking goes on from: the match that is shown, else the moment.
  const place = found?.findLastIndex((match) => match.at <= at) ?? -1;
  const step = (direction: 1 | -1) => {
    if (found === undefined || found.length === 0) return;
    const onMatch = marked === search && found[place]?.at === at;
    const next = direction === 1 ? place + 1 : onMatch ? place - 1 : place;
    const match = found[(next + found.length) % found.length];
    if (match === undefined) return;
    setChosen(screens.find(({ channel }) => channel === match.channel));
    setMarked(search);
    onPlay({ at: match.at, running: false });
  };
  useEffect(() => {
    if (search === '') setMarked('');
  }, [search]);
  const onSearchKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setSearch('');
    else if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
  };

  return (
    <div className="recgrid recterm">
      <section aria-label="Terminal">
        <div className="panehead">
          <SessionFacts header={header} labels={resource?.labels ?? {}} />
          {shown === undefined ? null : (
            <ScreenMenu
              screens={screens}
              shown={shown}
              chosen={chosen !== undefined}
              began={began}
              onChoose={setChosen}
            />
          )}
          <div className="grow" />
          <div className="field recsearch">
            <Icon name="search" small />
            <input
              type="text"
              placeholder="Find in what was shown"
              aria-label="Find in this recording"
              spellCheck={false}
              value={search}
              onChange={(event) => setSearch(event.target.value)}
              onKeyDown={onSearchKey}
            />
            <span className="meta num" role="status">
              {search === ''
                ? ''
                : found === undefined
                  ? 'Looking'
                  : found.length === 0
                    ? 'None'
                    : marked === search && place >= 0
                      ? `${place + 1} of ${found.length}`
                      : `${found.length} ${found.length === 1 ? 'time' : 'times'}`}
            </span>
          </div>
          {search === '' ? null : (
            <>
              <IconButton small icon="up" label="Earlier" onClick={() => step(-1)} />
              <IconButton small icon="down" label="Later" onClick={() => step(1)} />
            </>
          )}
        </div>
        {shown === undefined ? (
          <div className="empty">
            <Icon name="terminal" />
            <p>
              {state.status === 'live'
                ? 'No shell or command was opened yet.'
                : 'No terminal was used in this session. What was done is in the list.'}
            </p>
          </div>
        ) : (
          <TerminalStage
            key={shown.channel}
            screen={shown}
            label={`Screen: ${screenName(screens, shown)}`}
            at={at}
            version={version}
            marked={marked}
          />
        )}
        {shown === undefined || shown.omitted === 0 ? null : (
          <p className="notice plain" role="status">
            {bytesText(shown.omitted)} more are in the recording and not shown here. Export it to see them.
          </p>
        )}
      </section>
      <section aria-label="Events">
        <div className="panehead">
          <span className="strong">What happened</span>
          <div className="grow" />
          <span className="meta num">{entries.length.toLocaleString('en-US')}</span>
        </div>
        {entries.length === 0 ? (
          <p className="sqlnone">
            {state.status === 'live' ? 'Nothing yet.' : 'Nothing was done in this session.'}
          </p>
        ) : (
          <EntryList entries={entries} began={began} selected={current} onSelect={goTo} />
        )}
      </section>
    </div>
  );
}
