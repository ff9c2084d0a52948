import { type KeyboardEvent, useEffect, useId, useRef } from 'react';
import { HighlightedSql } from '../sql/HighlightedSql.tsx';
import { secondText } from '../sql/results/run-words.ts';
import { Icon } from '../theme/Icon.tsx';
import { Tag } from '../theme/Tag.tsx';
import { iconOf, outcomeWords, toneOf } from './entry-words.ts';
import { maskedIn, type TimelineEntry } from './timeline.ts';

interface EntryListProps {
  readonly entries: readonly TimelineEntry[];
  /** When the recording began, in milliseconds since 1970. */
  readonly began: number;
  readonly selected: TimelineEntry | undefined;
  readonly onSelect: (entry: TimelineEntry) => void;
}

/** What happened, one line after the other; arrows move, and what is selected is shown beside it. */
export function EntryList({ entries, began, selected, onSelect }: EntryListProps) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (selected) document.getElementById(`${id}-${selected.seq}`)?.scrollIntoView({ block: 'nearest' });
  }, [id, selected]);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = selected === undefined ? -1 : entries.indexOf(selected);
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: entries.length - 1,
      PageDown: at + 8,
      PageUp: at - 8,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const entry = entries[Math.max(0, Math.min(entries.length - 1, to))];
    if (entry) onSelect(entry);
  };
  return (
    <div
      ref={list}
      className="evlist"
      role="listbox"
      tabIndex={0}
      aria-label="What happened"
      aria-activedescendant={selected && entries.includes(selected) ? `${id}-${selected.seq}` : undefined}
      onKeyDown={onKeyDown}
    >
      {entries.map((entry) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the list holds the focus and takes the keys
        // biome-ignore lint/a11y/useFocusableInteractive: as above
        <div
          key={entry.seq}
          id={`${id}-${entry.seq}`}
          role="option"
          aria-selected={entry === selected}
          className={entry === selected ? 'ev now' : 'ev'}
          onClick={() => onSelect(entry)}
        >
          <span className="at">{secondText(began + entry.at)}</span>
          <span className={`ico${toneOf(entry)}`}>
            <Icon name={iconOf(entry)} />
          </span>
          <div className="grow">
            <EntryText entry={entry} />
          </div>
        </div>
      ))}
    </div>
  );
}

function EntryText({ entry }: { readonly entry: TimelineEntry }) {
  if (entry.kind !== 'statement')
    return (
      <>
        <span className="strong">{entry.title}</span>
        {entry.detail === undefined ? null : <div className="meta ell">{entry.detail}</div>}
      </>
    );
  const error = entry.outcomes.find((outcome) => outcome.error)?.error;
  const cancelled = entry.outcomes.some(({ status }) => status === 'cancelled');
  const words = outcomeWords(entry);
  return (
    <>
      <HighlightedSql text={entry.text} line />
      <div className="meta">
        {entry.refused ? (
          <>
            <Tag tone="denied">Refused</Tag>
            <span className="ell">{entry.refused.reason}</span>
          </>
        ) : error ? (
          <>
            <Tag tone="pending">{cancelled ? 'Cancelled' : `Error ${error.code}`}</Tag>
            <span className="ell">{error.message}</span>
          </>
        ) : words === '' ? (
          <span>{entry.prepared ? 'Prepared, not run' : 'No result'}</span>
        ) : (
          <span className="num">{words}</span>
        )}
        {maskedTags(entry)}
      </div>
    </>
  );
}

/** *email masked, pii-email*; beyond two they are counted. */
export function maskedTags(entry: TimelineEntry, most = 2) {
  const masked = maskedIn(entry);
  if (masked.length === 0) return null;
  if (masked.length > most) return <Tag tone="masked">{masked.length} columns masked</Tag>;
  return masked.map(({ column, rule }) => (
    <Tag key={`${column} ${rule}`} tone="masked">
      {column} masked, {rule}
    </Tag>
  ));
}
