import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import type { Answer } from './use-answer.ts';

/** In place of an answer: rows of its height while it is awaited, or why there is none. */
export function Unanswered({ answer, what }: { readonly answer: Answer<unknown>; readonly what: string }) {
  if (answer.failure === undefined) return <Rows what={what} />;
  return (
    <div className="empty" role="alert">
      <Icon name="offline" />
      <p>
        The gateway did not answer about {what}. {answer.failure}
      </p>
      <Button icon="retry" onClick={answer.again}>
        Try again
      </Button>
    </div>
  );
}

/** Where rows will be. */
export function Rows({ what }: { readonly what: string }) {
  return (
    <div className="polrows" role="status" aria-label={`Loading ${what}`}>
      {[1, 2, 3, 4].map((line) => (
        <div key={line} className="skeleton polskeleton" />
      ))}
    </div>
  );
}
