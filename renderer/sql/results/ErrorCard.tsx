import type { Resource } from '@drawbridge/contract';
import type { ReactNode } from 'react';
import type { SqlError } from '../../../main/ipc/sql-port.ts';
import { copyText } from '../../state/actions.ts';
import { useCommandReview } from '../../state/held.ts';
import { needsSentence } from '../../state/needs-text.ts';
import { openRequest } from '../../state/view.ts';
import { Button } from '../../theme/Button.tsx';
import { Icon } from '../../theme/Icon.tsx';
import { Tag } from '../../theme/Tag.tsx';
import { HighlightedSql } from '../HighlightedSql.tsx';
import { explainRefusal, reviewRefusal, withoutPrefix } from './refusal.ts';

interface ErrorCardProps {
  readonly error: SqlError;
  readonly text: string;
  /** The command review that it waited for. */
  readonly review?: string | undefined;
  /** Line in the editor, from 1, and the statement that begins or stands there. */
  readonly place: { readonly line: number; readonly statement: string } | undefined;
  readonly single: boolean;
  readonly resourceName: string;
  readonly resource: Resource | undefined;
  /** Whether rows of an earlier run are still there. */
  readonly earlier: boolean;
  readonly onUse: (rewrite: string) => void;
}

/** Why a statement did not run or failed, where its result would stand. */
export function ErrorCard({
  error,
  text,
  review,
  place,
  single,
  resourceName,
  resource,
  earlier,
  onUse,
}: ErrorCardProps) {
  // Other clients see the gateway's refusals with its name in front.
  const sees = `${error.severity} ${error.code}: ${error.refused ? 'drawbridge: ' : ''}${withoutPrefix(error.message)}`;
  const details = [sees, error.detail, error.hint, text].filter((line) => line !== undefined).join('\n');
  const copy = (
    <Button icon="copy" onClick={() => copyText(details, 'Details')}>
      Copy details
    </Button>
  );
  const statement = place && (
    <Fact name="Statement">
      Line {place.line}, <HighlightedSql text={place.statement} line />
    </Fact>
  );
  const decided = useCommandReview(review);
  if (!error.refused)
    return (
      <section className="refusal failed" aria-label="Error">
        <header>
          <Icon name="warning" />
          <div className="grow">
            <h2 className="selectable">{capital(error.message)}</h2>
            <p className="t2">The database reported this. Nothing after it ran.</p>
          </div>
          <Tag tone="pending">Error {error.code}</Tag>
        </header>
        <dl className="kv">
          {statement}
          {error.detail === undefined ? null : <Fact name="Detail">{error.detail}</Fact>}
          {error.hint === undefined ? null : <Fact name="Hint">{error.hint}</Fact>}
        </dl>
        <footer>{copy}</footer>
      </section>
    );
  const refusal =
    reviewRefusal(decided) ?? explainRefusal(error, single ? place?.statement : undefined, resource);
  const asked = resource?.profiles.find(({ name }) => name === refusal.profile);
  const { rewrite } = refusal;
  return (
    <section className="refusal" aria-label="Refused">
      <header>
        <Icon name="refused" />
        <div className="grow">
          <h2 className="selectable">{refusal.title}</h2>
          <p className="t2">
            Nothing reached {resourceName}. Your session {earlier ? 'and the earlier result are' : 'is'}{' '}
            untouched.
          </p>
        </div>
        <Tag tone="denied">Refused</Tag>
      </header>
      <dl className="kv">
        {statement}
        {refusal.needs && (
          <Fact name="Needs">
            <span className="mono">{refusal.needs.action}</span>
            {refusal.needs.object === undefined ? null : (
              <span className="t3">on {refusal.needs.object}</span>
            )}
          </Fact>
        )}
        {refusal.said === undefined ? null : (
          <Fact name="Reason">
            <span className="quote">“{refusal.said}”</span>
          </Fact>
        )}
        {refusal.decidedBy === undefined ? null : <Fact name="Decided by">{refusal.decidedBy}</Fact>}
        {refusal.hint === undefined ? null : <Fact name="What to do">{refusal.hint}</Fact>}
        {rewrite === undefined ? null : (
          <Fact name="Instead">
            <HighlightedSql text={rewrite} line />
          </Fact>
        )}
        <Fact name="Client sees">
          <span className="mono t2">{sees}</span>
        </Fact>
      </dl>
      <footer>
        {rewrite !== undefined ? (
          <Button look="primary" onClick={() => onUse(rewrite)}>
            Use this instead
          </Button>
        ) : asked === undefined ? null : (
          <Button look="primary" onClick={() => openRequest(resourceName, asked.name)}>
            Request {asked.name} access
          </Button>
        )}
        {copy}
        <div className="grow" />
        {asked === undefined ? null : <span className="meta">{needsSentence(asked.needs)}</span>}
      </footer>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="selectable">{children}</dd>
    </>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
