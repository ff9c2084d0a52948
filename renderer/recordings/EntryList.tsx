import { type KeyboardEvent, memo, useEffect, useId, useRef } from 'react';
import { secondText } from '../sql/results/run-words.ts';
import { Icon } from '../theme/Icon.tsx';
import { EntryText } from './EntryText.tsx';
import { iconOf, toneOf } from './entry-words.ts';
import type { TimelineEntry } from './timeline-entry.ts';

interface EntryListProps {
  readonly entries: readonly TimelineEntry[];
  /** When the recording began, in milliseconds since 1970. */
  readonly began: number;
  readonly selected: TimelineEntry | undefined;
  readonly onSelect: (entry: TimelineEntry) => void;
}

/** What happened, one line after the other; arrows move, and what is selected is shown beside it. */
export const EntryList = memo(function EntryList({ entries, began, selected, onSelect }: EntryListProps) {
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
});
