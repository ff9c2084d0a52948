import { type ReactNode, useState } from 'react';
import { copyResult } from '../sql/copy/copy-result.ts';
import { CellDialog } from '../sql/grid/CellDialog.tsx';
import { ResultGrid } from '../sql/grid/ResultGrid.tsx';
import { type Cell, rangeOf, type Selection } from '../sql/grid/selection.ts';
import { HighlightedSql } from '../sql/HighlightedSql.tsx';
import { secondText, tookText } from '../sql/results/run-words.ts';
import { copyText } from '../state/actions.ts';
import { durationText } from '../state/time-text.ts';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { EntryText, maskedTags } from './EntryText.tsx';
import type { HeldEntry, RecordedResult, StatementEntry, TimelineEntry } from './timeline-entry.ts';

interface EntryDetailProps {
  readonly entry: TimelineEntry | undefined;
  readonly began: number;
}

/** One entry in full: its text, what was decided, and the rows as the client saw them. */
export function EntryDetail({ entry, began }: EntryDetailProps) {
  if (entry === undefined)
    return (
      <div className="evdetail">
        <p className="sqlnone">Choose a line to see it in full.</p>
      </div>
    );
  if (entry.kind === 'held') return <HeldEntryDetail entry={entry} began={began} />;
  if (entry.kind !== 'statement')
    return (
      <div className="evdetail">
        <div className="evnote">
          <span className="meta num">{secondText(began + entry.at)} UTC</span>
          <div className="selectable">
            <EntryText entry={entry} />
          </div>
        </div>
      </div>
    );
  return <StatementDetail key={entry.seq} entry={entry} began={began} />;
}

/** What was held, whole, and who was asked. */
function HeldEntryDetail({ entry, began }: { readonly entry: HeldEntry; readonly began: number }) {
  return (
    <div className="evdetail">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long statement is scrolled by keyboard */}
      <section className="evsql" tabIndex={0} aria-label="What was held">
        <HighlightedSql text={entry.text} numbers />
        <IconButton small icon="copy" label="Copy it" onClick={() => copyText(entry.text, 'Text')} />
      </section>
      <dl className="kv evfacts">
        <Fact name="Held at">
          <span className="num">{secondText(began + entry.at)} UTC</span>
          {entry.waited === undefined ? null : (
            <span className="t3 num">for {durationText(entry.waited / 1000)}</span>
          )}
        </Fact>
        {entry.parameters.length === 0 ? null : (
          <Fact name="Parameters">
            <span className="mono ell">{parametersText(entry.parameters)}</span>
          </Fact>
        )}
        <Fact name="Asked">{entry.groups.join(', ') || 'reviewers'}</Fact>
        <Fact name="Review">
          <span className="mono ell">{entry.review}</span>
        </Fact>
      </dl>
      <p className="sqlnone evnone">What was decided stands in the line after.</p>
    </div>
  );
}

const parametersText = (parameters: readonly (string | null)[]): string =>
  parameters.map((value, index) => `$${index + 1} = ${value ?? 'NULL'}`).join(', ');

function StatementDetail({ entry, began }: { readonly entry: StatementEntry; readonly began: number }) {
  const [shown, setShown] = useState(0);
  const result = entry.results[shown] ?? entry.results[0];
  const errors = entry.outcomes.flatMap(({ error }) => (error ? [error] : []));
  return (
    <div className="evdetail">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long statement is scrolled by keyboard */}
      <section className="evsql" tabIndex={0} aria-label="Statement">
        <HighlightedSql text={entry.text} numbers />
        <IconButton
          small
          icon="copy"
          label="Copy statement"
          onClick={() => copyText(entry.text, 'Statement')}
        />
      </section>
      <dl className="kv evfacts">
        <Fact name="At">
          <span className="num">{secondText(began + entry.at)} UTC</span>
          {entry.took === undefined ? null : <span className="t3 num">took {tookText(entry.took)}</span>}
        </Fact>
        {entry.parameters === undefined || entry.parameters.length === 0 ? null : (
          <Fact name="Parameters">
            <span className="mono ell">{parametersText(entry.parameters)}</span>
          </Fact>
        )}
        {entry.actions.length === 0 ? null : (
          <Fact name="Action">
            <span className="mono">{entry.actions.join(', ')}</span>
            {entry.tables.length === 0 ? null : <span className="t3 ell">on {entry.tables.join(', ')}</span>}
          </Fact>
        )}
        {entry.refused === undefined ? null : (
          <Fact name="Refused">
            <Icon name="refused" small className="c-denied" />
            <span className="c-denied">{entry.refused.reason}</span>
            {entry.refused.policies.length === 0 ? null : (
              <span className="t3">{entry.refused.policies.join(', ')}</span>
            )}
          </Fact>
        )}
        {errors.map((error) => (
          <Fact key={`${error.code} ${error.message}`} name="Error">
            <Icon name="warning" small className="c-pending" />
            <span className="mono">{error.code}</span>
            <span>{error.message}</span>
          </Fact>
        ))}
        {entry.results.some(({ rows }) => rows.columns.some(({ masked }) => masked)) ? (
          <Fact name="Masked">{maskedTags(entry, 6)}</Fact>
        ) : null}
      </dl>
      {result === undefined ? (
        <p className="sqlnone evnone">
          {entry.refused ? 'Nothing reached the database.' : 'It gave no rows.'}
        </p>
      ) : (
        <Rows key={entry.results.indexOf(result)} result={result} results={entry.results} onShow={setShown} />
      )}
    </div>
  );
}

interface RowsProps {
  readonly result: RecordedResult;
  readonly results: readonly RecordedResult[];
  readonly onShow: (index: number) => void;
}

function Rows({ result, results, onShow }: RowsProps) {
  const [selection, setSelection] = useState<Selection | undefined>();
  const [opened, setOpened] = useState<Cell | undefined>();
  const length = result.store.length;
  const missing = result.unreadable + result.omitted;
  const copy = () => {
    if (selection === undefined) return;
    const range = rangeOf(selection, { rows: length, columns: result.rows.columns.length });
    void copyResult({ rows: result.rows, range, format: 'tsv', table: [] });
  };
  return (
    <>
      <div className="evrows">
        {results.length === 1 ? (
          <span className="strong">Rows as the client saw them</span>
        ) : (
          results.map((other, index) => (
            <button
              // biome-ignore lint/suspicious/noArrayIndexKey: results have no other name
              key={index}
              type="button"
              className={other === result ? 'rt on' : 'rt'}
              aria-pressed={other === result}
              onClick={() => onShow(index)}
            >
              Result {index + 1} <span className="t3 num">{other.store.length.toLocaleString('en-US')}</span>
            </button>
          ))
        )}
        <div className="grow" />
        <span className="meta num">{length.toLocaleString('en-US')} rows</span>
      </div>
      <div className="respanel">
        <ResultGrid
          label={`Recorded rows, ${length.toLocaleString('en-US')}`}
          rows={result.rows}
          length={length}
          selection={selection}
          onSelect={setSelection}
          onCopy={copy}
          onOpen={setOpened}
        />
        {length === 0 && missing === 0 ? (
          <p className="sqlnone overgrid">The statement gave no rows.</p>
        ) : null}
      </div>
      {missing === 0 ? null : (
        <p className="notice plain" role="status">
          {missing.toLocaleString('en-US')} more rows are in the recording and not shown here. Export it to
          see them.
        </p>
      )}
      {opened ? <CellDialog rows={result.rows} cell={opened} onClose={() => setOpened(undefined)} /> : null}
    </>
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
