import { useDeferredValue, useMemo, useState } from 'react';
import { cellText } from '../sql/rows/grid-rows.ts';
import { useResource } from '../state/own-access.ts';
import { Icon } from '../theme/Icon.tsx';
import { EntryDetail } from './EntryDetail.tsx';
import { EntryList } from './EntryList.tsx';
import type { Playing } from './playing.ts';
import type { RecordingState } from './recording-source.ts';
import { SessionFacts } from './SessionFacts.tsx';
import { entryMatches, type TimelineEntry } from './timeline-entry.ts';

interface SqlRecordingProps {
  readonly state: RecordingState & { readonly header: NonNullable<RecordingState['header']> };
  readonly entries: readonly TimelineEntry[];
  /** The moment that is shown. */
  readonly at: number;
  readonly began: number;
  readonly onPlay: (change: Partial<Playing>) => void;
}

/** A session of statements: what was run in time, each with the rows as the client saw them. */
export function SqlRecording({ state, entries, at, began, onPlay }: SqlRecordingProps) {
  const { header, status } = state;
  const resource = useResource(header.resource);
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search).trim().toLowerCase();
  const [chosen, setChosen] = useState<TimelineEntry | undefined>();
  const found = useMemo(
    () => (wanted === '' ? entries : entries.filter((entry) => entryMatches(entry, wanted, cellText))),
    [entries, wanted],
  );
  // Playing moves along the entries; choosing one stands until the head is moved.
  const reached = found.findLast((entry) => entry.at <= at) ?? found[0];
  const selected = chosen !== undefined && chosen.at === at && found.includes(chosen) ? chosen : reached;
  const select = (entry: TimelineEntry) => {
    setChosen(entry);
    onPlay({ at: entry.at, running: false });
  };
  return (
    <div className="recgrid">
      <section aria-label="Timeline">
        <div className="panehead">
          <SessionFacts header={header} labels={resource?.labels ?? {}} />
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
                : status === 'live'
                  ? 'Nothing was run yet.'
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
  );
}
