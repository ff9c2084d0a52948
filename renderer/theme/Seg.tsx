import { type ReactNode, useId } from 'react';

interface SegProps<V extends string> {
  readonly label: string;
  readonly value: V | undefined;
  readonly options: readonly { readonly value: V; readonly text: ReactNode; readonly label?: string }[];
  readonly onChange: (value: V) => void;
  /** Fills its line and is 32 px high, in dialogs. */
  readonly wide?: boolean;
}

/** A few choices, one of them on. Radio buttons underneath, so arrows move and one Tab leaves. */
export function Seg<V extends string>({ label, value, options, onChange, wide = false }: SegProps<V>) {
  const group = useId();
  return (
    <div role="radiogroup" aria-label={label} className={wide ? 'seg l fillw' : 'seg'}>
      {options.map((option) => (
        <label key={option.value} className={option.value === value ? 'on' : ''}>
          <input
            type="radio"
            name={group}
            value={option.value}
            checked={option.value === value}
            aria-label={option.label}
            onChange={() => onChange(option.value)}
          />
          {option.text}
        </label>
      ))}
    </div>
  );
}
