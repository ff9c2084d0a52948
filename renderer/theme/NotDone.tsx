import { Icon } from './Icon.tsx';

interface NotDoneProps {
  /** What did not happen: `Not sent.` */
  readonly what: string;
  /** Why, and what to do; nothing is shown where there is none. */
  readonly problem: string | undefined;
  /** For the field that it is about. */
  readonly id?: string;
}

/** Why what was asked for did not happen, where it was asked for. */
export function NotDone({ what, problem, id }: NotDoneProps) {
  return problem === undefined ? null : (
    <p className="fieldnote bad selectable" id={id} role="alert">
      <Icon name="warning" small />
      <span>
        <b>{what}</b> {problem}
      </span>
    </p>
  );
}
