import { useId } from 'react';

interface ReasonFieldProps {
  readonly value: string;
  /** Policy asks for a ticket in it. */
  readonly ticket: boolean;
  /** Id of what says that it was refused. */
  readonly problem: string | undefined;
  readonly onChange: (text: string) => void;
}

/** Why access is needed: what reviewers read first. */
export function ReasonField({ value, ticket, problem, onChange }: ReasonFieldProps) {
  const id = useId();
  const what = 'what happened, and what you need to do';
  return (
    <div>
      <label className="lab" htmlFor={id}>
        Reason
        {ticket ? <span className="meta">A ticket is required</span> : null}
      </label>
      <textarea
        id={id}
        className="area"
        value={value}
        maxLength={2000}
        data-autofocus
        placeholder={ticket ? `INC-4182: ${what}` : what.charAt(0).toUpperCase() + what.slice(1)}
        aria-describedby={problem}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  );
}
