import { type KeyboardEvent, useState } from 'react';
import { IconButton } from '../theme/IconButton.tsx';
import type { Matches } from './screen/terminal-screen.ts';

interface FindBarProps {
  readonly matches: Matches | undefined;
  readonly onFind: (text: string, towards: 'next' | 'previous', typing: boolean) => void;
  readonly onClose: () => void;
}

/** Searches what the terminal shows and what is above it. */
export function FindBar({ matches, onFind, onClose }: FindBarProps) {
  const [text, setText] = useState('');
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onClose();
    else if (event.key === 'Enter') onFind(text, event.shiftKey ? 'next' : 'previous', false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <search className="termfind" aria-label="Find in the terminal">
      <div className="field">
        <input
          // biome-ignore lint/a11y/noAutofocus: it was asked for to type in
          autoFocus
          aria-label="Find"
          value={text}
          onChange={({ currentTarget: { value } }) => {
            setText(value);
            onFind(value, 'previous', true);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <span className="meta num termcount" role="status">
        {text === '' || matches === undefined
          ? ''
          : matches.count === 0
            ? 'None'
            : `${matches.index} of ${matches.count}`}
      </span>
      <IconButton icon="up" label="Previous match" small onClick={() => onFind(text, 'previous', false)} />
      <IconButton icon="down" label="Next match" small onClick={() => onFind(text, 'next', false)} />
      <IconButton icon="close" label="Close the search" small onClick={onClose} />
    </search>
  );
}
