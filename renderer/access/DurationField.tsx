import { useState } from 'react';
import { durationChoices, durationProblem, readDuration } from '../state/duration-choices.ts';
import { durationText } from '../state/time-text.ts';
import { Seg } from '../theme/Seg.tsx';

const other = 'other';
const halfAnHour = 1800;

export interface DurationChoice {
  /** What is chosen, in seconds; undefined where nothing that can be asked for is. */
  readonly duration: number | undefined;
  readonly selected: string;
  readonly typed: string;
  readonly problem: string | undefined;
  readonly choose: (value: string) => void;
  readonly type: (text: string) => void;
}

/** The time to ask for, at most `maximum` seconds. What was chosen under another limit gives way where it is too long. */
export function useDuration(maximum: number): DurationChoice {
  const [choice, setChoice] = useState<string>();
  const [typed, setTyped] = useState('');
  const choices = durationChoices(maximum);
  const fitting =
    choice === other || choices.some((seconds) => String(seconds) === choice) ? choice : undefined;
  const selected = fitting ?? String(choices.includes(halfAnHour) ? halfAnHour : maximum);
  const wanted = selected === other ? readDuration(typed) : Number(selected);
  const problem = durationProblem(wanted, maximum);
  return {
    duration: problem === undefined ? wanted : undefined,
    selected,
    typed,
    problem,
    choose: setChoice,
    type: setTyped,
  };
}

interface DurationFieldProps {
  readonly choice: DurationChoice;
  readonly maximum: number;
  /** Whose limit it is. */
  readonly of: string | undefined;
}

/** A few times to choose from, and any other that is typed. */
export function DurationField({ choice, maximum, of }: DurationFieldProps) {
  const { selected, typed, problem } = choice;
  return (
    <div>
      <div className="lab">
        Duration
        {of === undefined ? null : (
          <span className="meta">
            Up to {durationText(maximum)} with {of}
          </span>
        )}
      </div>
      <Seg
        label="Duration"
        wide
        value={selected}
        options={[
          ...durationChoices(maximum).map((seconds) => ({
            value: String(seconds),
            text: durationText(seconds),
          })),
          { value: other, text: 'Other' },
        ]}
        onChange={choice.choose}
      />
      {selected === other ? (
        <>
          <div
            className={typed !== '' && problem !== undefined ? 'field otherfield bad' : 'field otherfield'}
          >
            <input
              value={typed}
              placeholder="45 min"
              aria-label="Other duration"
              // biome-ignore lint/a11y/noAutofocus: appears because the person chose to type one
              autoFocus
              onChange={(event) => choice.type(event.currentTarget.value)}
            />
          </div>
          {typed === '' || problem === undefined ? null : <p className="fieldnote bad">{problem}</p>}
        </>
      ) : null}
    </div>
  );
}
