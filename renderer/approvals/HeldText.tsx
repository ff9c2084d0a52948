import type { CommandReview } from '@drawbridge/contract';
import { lazy, Suspense } from 'react';
import '../sql/highlighted-sql.css';
import { copyText } from '../state/actions.ts';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { commandTokens } from './command-tokens.ts';
import { kindText, targetText } from './held-words.ts';
import { visibleText } from './visible-text.ts';

// The grammar of SQL is a lot of code that the first page doesn't need.
const HighlightedSql = lazy(() =>
  import('../sql/HighlightedSql.tsx').then(({ HighlightedSql }) => ({ default: HighlightedSql })),
);

/** What is or was held, in full: its text in colours, whether that is all of it, and its parameters. */
export function HeldText({ review }: { readonly review: CommandReview }) {
  const { state, parameters } = review;
  const { text, hidden } = visibleText(review.text);
  const what = kindText(review);
  const held = state === 'pending';
  return (
    <section className={held ? 'sqlblock held' : 'sqlblock'} aria-label={`The ${what}`}>
      <header>
        {held ? (
          <span className="c-held row strong">
            <Icon name="held" small />
            Held before it reached {targetText(review)}
          </span>
        ) : (
          <span className="strong">The {what}</span>
        )}
        <span className="grow" />
        <IconButton
          small
          icon="copy"
          label={`Copy the ${what}`}
          onClick={() => copyText(review.text, what.charAt(0).toUpperCase() + what.slice(1))}
        />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long text is scrolled by keyboard */}
      <section className="sqltext" tabIndex={0} aria-label={`Text of the ${what}`}>
        {review.protocol === 'postgres' ? (
          <Suspense fallback={<code className="code selectable">{text}</code>}>
            <HighlightedSql text={text} numbers />
          </Suspense>
        ) : (
          <code className="code selectable wrapped">
            {commandTokens(text).map(({ text: piece, style }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a text have no other name
              <span key={index} className={style}>
                {piece}
              </span>
            ))}
          </code>
        )}
      </section>
      {hidden ? (
        <p className="cutoff c-pending">
          <Icon name="warning" small />
          It has characters that can’t be seen, which stand here by their numbers.
        </p>
      ) : null}
      {review.truncated ? (
        <p className="cutoff c-pending">
          <Icon name="warning" small />
          The text goes on. Only its beginning is shown, and an approval covers all of it.
        </p>
      ) : null}
      {parameters.length === 0 ? null : (
        <dl className="kv parameters">
          {parameters.map((value, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: parameters are numbered
            <Parameter key={index} name={`$${index + 1}`} value={value} />
          ))}
        </dl>
      )}
    </section>
  );
}

function Parameter({ name, value }: { readonly name: string; readonly value: string | null }) {
  return (
    <>
      <dt className="mono">{name}</dt>
      <dd className="mono selectable">
        {value === null ? (
          <i className="t3">NULL</i>
        ) : value === '' ? (
          <i className="t3">(empty)</i>
        ) : (
          <span className="breaks">{value}</span>
        )}
      </dd>
    </>
  );
}
