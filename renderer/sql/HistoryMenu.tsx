import { Popover } from '@mantine/core';
import { useState } from 'react';
import { failureText } from '../state/actions.ts';
import { call } from '../state/bridge.ts';
import { momentText } from '../state/time-text.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { HighlightedSql } from './HighlightedSql.tsx';

type Entry = { readonly text: string; readonly at: string; readonly ok: boolean };

interface HistoryMenuProps {
  readonly resource: string;
  readonly onPick: (text: string) => void;
}

const MOST = 200;

/** What was run on this resource before, also in earlier sessions; a line goes into the editor. */
export function HistoryMenu({ resource, onPick }: HistoryMenuProps) {
  const [open, setOpen] = useState(false);
  const [entries, setEntries] = useState<readonly Entry[] | undefined>();
  const [failed, setFailed] = useState<string | undefined>();
  const [search, setSearch] = useState('');
  const load = async () => {
    setOpen(true);
    setFailed(undefined);
    try {
      setEntries((await call('sql.history', { resource })).entries);
    } catch (error) {
      setFailed(failureText(error));
    }
  };
  const wanted = search.trim().toLowerCase();
  const found = (entries ?? []).filter(({ text }) => text.toLowerCase().includes(wanted)).slice(0, MOST);
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-start" trapFocus returnFocus width={520}>
      <Popover.Target>
        <Button look="ghost" icon="history" onClick={() => (open ? setOpen(false) : void load())}>
          History
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="History">
        <div className="field">
          <Icon name="search" small />
          <input
            type="text"
            data-autofocus
            placeholder="Find in history"
            aria-label="Find in history"
            spellCheck={false}
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
        {failed !== undefined ? (
          <p className="historynone">{failed}</p>
        ) : entries !== undefined && found.length === 0 ? (
          <p className="historynone">
            {entries.length === 0 ? `Nothing was run on ${resource} yet.` : 'Nothing like that was run.'}
          </p>
        ) : (
          <ul className="history">
            {found.map((entry) => (
              <li key={`${entry.at} ${entry.text}`}>
                <button
                  type="button"
                  title={entry.text.slice(0, 2000)}
                  onClick={() => {
                    setOpen(false);
                    onPick(entry.text);
                  }}
                >
                  <Icon
                    name={entry.ok ? 'check' : 'warning'}
                    small
                    className={entry.ok ? 'c-active' : 'c-pending'}
                    label={entry.ok ? 'ran' : 'failed'}
                  />
                  <HighlightedSql text={entry.text} line />
                  <span className="meta num">{momentText(entry.at, Date.now())}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
