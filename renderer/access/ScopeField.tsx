import type { Protocol } from '@drawbridge/contract';
import { useId } from 'react';
import { Icon } from '../theme/Icon.tsx';
import type { ScopeReading } from './read-scope.ts';

interface ScopeFieldProps {
  readonly protocol: Protocol;
  readonly text: string;
  readonly reading: ScopeReading;
  readonly onChange: (text: string) => void;
}

const words: Readonly<Record<Protocol, { label: string; placeholder: string; note: string }>> = {
  postgres: {
    label: 'Only these tables',
    placeholder: 'orders\nsales.refunds',
    note: 'One a line, or schema.* for all of a schema. Statements that touch others are refused.',
  },
  ssh: {
    label: 'Only these commands',
    placeholder: 'df\nuptime',
    note: 'One program a line, run one at a time. No shell, no files, no forwarding.',
  },
};

/** Asks for less than the profile allows; folded away until somebody wants it. */
export function ScopeField({ protocol, text, reading, onChange }: ScopeFieldProps) {
  const id = useId();
  const { label, placeholder, note } = words[protocol];
  return (
    <details className="more">
      <summary>
        <Icon name="right" small />
        Ask for less
        {reading.kind === 'scope' ? <span className="meta">{label.toLowerCase()}</span> : null}
      </summary>
      <label className="lab" htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        className={reading.kind === 'wrong' ? 'area mono bad' : 'area mono'}
        value={text}
        maxLength={20_000}
        placeholder={placeholder}
        spellCheck={false}
        aria-describedby={`${id}-note`}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <p id={`${id}-note`} className={reading.kind === 'wrong' ? 'fieldnote bad' : 'fieldnote'}>
        {reading.kind === 'wrong' ? reading.problem : note}
      </p>
    </details>
  );
}
