import { Menu } from '@mantine/core';
import {
  type KeyboardEvent,
  useCallback,
  useDeferredValue,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import type { Tab } from '../../main/ipc/app-state.ts';
import type { Payload } from '../../main/ipc/contract.ts';
import { cellText } from '../sql/rows/grid-rows.ts';
import { shortId } from '../sql/short-id.ts';
import { attempt, showToast } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { environmentOf } from '../state/environment.ts';
import { useResource } from '../state/own-access.ts';
import { Avatar } from '../theme/Avatar.tsx';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { Tag } from '../theme/Tag.tsx';
import { EntryDetail } from './EntryDetail.tsx';
import { EntryList } from './EntryList.tsx';
import { spanText } from './entry-words.ts';
import { Player, type Playing } from './Player.tsx';
import '../sql/sql.css';
import './recording.css';
import { RecordingSource } from './recording-source.ts';
import { entryMatches, type TimelineEntry } from './timeline.ts';
import { VerifySeal } from './VerifySeal.tsx';

type RecordingTabState = Extract<Tab, { kind: 'recording' }>;
type ExportFormat = Payload<'recordings.export'>['format'];

const formats: readonly (readonly [ExportFormat, string])[] = [
  ['recording', 'Recording, signed and verifiable'],
  ['ndjson', 'Events as JSON lines'],
  ['csv', 'Rows as CSV'],
];

/** A recording: what was run in time, each statement with the rows as the client saw them. */
export function RecordingTab({ tab }: { readonly tab: RecordingTabState }) {
  const [source] = useState(() => new RecordingSource());
  const subscribe = useCallback((listener: () => void) => source.subscribe(listener), [source]);
  const state = useSyncExternalStore(subscribe, () => source.state);
  useEffect(() => {
    void source.open(tab.session);
    return () => source.close();
  }, [source, tab.session]);
  const { header, timeline, status } = state;
  const resource = useResource(header?.resource);
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search).trim().toLowerCase();
  const [playing, setPlaying] = useState<Playing>({ at: 0, running: false, speed: '1', skipIdle: true });
  const [chosen, setChosen] = useState<TimelineEntry | undefined>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the timeline is one object, its version says that it grew
  const entries = useMemo(() => [...timeline.entries], [timeline, state.version]);
  const found = useMemo(
    () => (wanted === '' ? entries : entries.filter((entry) => entryMatches(entry, wanted, cellText))),
    [entries, wanted],
  );
  const began = header === undefined ? 0 : Date.parse(header.startedAt);
  // Playing moves along the entries; choosing one stands until the head is moved.
  const reached = found.findLast((entry) => entry.at <= playing.at) ?? found[0];
  const selected = chosen !== undefined && found.includes(chosen) ? chosen : reached;
  const select = (entry: TimelineEntry) => {
    setChosen(entry);
    setPlaying((before) => ({ ...before, at: entry.at, running: false }));
  };
  const change = useCallback((next: Partial<Playing>) => {
    if (next.at !== undefined) setChosen(undefined);
    setPlaying((before) => ({ ...before, ...next }));
  }, []);
  const save = (format: ExportFormat) =>
    attempt('The recording was not exported', async () => {
      const { saved } = await call('recordings.export', {
        session: tab.session as Payload<'recordings.export'>['session'],
        format,
      });
      if (saved !== undefined) showToast({ kind: 'info', title: 'Recording exported', body: saved });
    });
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const typing = event.target instanceof HTMLInputElement && event.target.type === 'text';
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '/') {
      event.preventDefault();
      event.currentTarget.querySelector<HTMLInputElement>('.recsearch input')?.focus();
    }
  };

  if (status === 'failed' && header === undefined)
    return (
      <div className="empty" role="alert">
        <Icon name="warning" />
        <h1 className="title">This recording can't be shown</h1>
        <p>{state.message}</p>
        <Button icon="retry" onClick={() => void source.open(tab.session)}>
          Try again
        </Button>
      </div>
    );
  if (header === undefined) return <Waiting />;
  const environment = environmentOf(resource?.labels ?? {});
  const { principal, approvedBy, reason } = header;
  return (
    <section className="recording" aria-label={`Recording of ${header.resource}`} onKeyDown={onKeyDown}>
      <header className="pagehead rechead">
        <Avatar name={principal.displayName} size="l" />
        <div className="grow">
          <h1 className="ell selectable">
            {principal.displayName}, <q>{reason}</q>
          </h1>
          <div className="meta ell">
            {spanText(header.startedAt, began + timeline.length)}.
            {approvedBy.length === 0
              ? ''
              : ` Approved by ${approvedBy.map(({ displayName }) => displayName).join(', ')}.`}
          </div>
        </div>
        <VerifySeal session={header.session} />
        <Menu position="bottom-end">
          <Menu.Target>
            <Button icon="download">Export</Button>
          </Menu.Target>
          <Menu.Dropdown>
            {formats.map(([format, name]) => (
              <Menu.Item key={format} onClick={() => void save(format)}>
                {name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </header>
      {status === 'failed' ? (
        <div className="notice denied" role="alert">
          <Icon name="warning" />
          <span className="grow">The rest of this recording could not be read: {state.message}</span>
        </div>
      ) : null}
      <div className="recgrid">
        <section aria-label="Timeline">
          <div className="panehead">
            <Icon name="database" small className="t3" />
            <span className="strong ell">{header.resource}</span>
            {environment.name === undefined ? null : (
              <Tag tone={environment.production ? 'prod' : 'plain'}>{environment.name}</Tag>
            )}
            <span className="t3">{header.profile}</span>
            <div className="grow" />
            {status === 'complete' && state.manifest === undefined ? (
              <>
                <Tag tone="pending">Not sealed yet</Tag>
                <IconButton
                  small
                  icon="retry"
                  label="Read again"
                  onClick={() => void source.open(tab.session)}
                />
              </>
            ) : null}
            <span className="meta mono sessionid selectable" title={header.session}>
              {shortId(header.session)}
            </span>
          </div>
          <div className="field recsearch">
            <Icon name="search" small />
            <input
              type="text"
              placeholder="Find in statements, rows and reasons"
              aria-label="Find in this recording"
              spellCheck={false}
              value={search}
              onChange={(event) => setSearch(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === 'Escape') setSearch('');
              }}
            />
            <span className="meta num" role="status">
              {wanted === '' ? '' : `${found.length} of ${entries.length}`}
            </span>
          </div>
          {found.length === 0 ? (
            <p className="sqlnone">
              {entries.length > 0
                ? 'Nothing in this recording has that.'
                : status === 'loading'
                  ? ''
                  : 'Nothing was done in this session.'}
            </p>
          ) : (
            <EntryList entries={found} began={began} selected={selected} onSelect={select} />
          )}
        </section>
        <section aria-label="Selected event" className="evpane">
          <EntryDetail entry={selected} began={began} />
        </section>
      </div>
      <Player entries={entries} length={timeline.length} began={began} playing={playing} onChange={change} />
    </section>
  );
}

function Waiting() {
  return (
    <div className="recwait" role="status" aria-label="Loading the recording">
      {[320, 420, 380, 400].map((width) => (
        <div key={width} className="skeleton" style={{ width }} />
      ))}
    </div>
  );
}
