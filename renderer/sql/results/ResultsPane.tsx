import type { Resource } from '@drawbridge/contract';
import { useEffect, useId, useState } from 'react';
import { Button } from '../../theme/Button.tsx';
import { Icon } from '../../theme/Icon.tsx';
import type { ConsoleState, RunLog } from '../console/console-state.ts';
import type { SqlConsole } from '../console/sql-console.ts';
import type { CopyFormat } from '../copy/copy-formats.ts';
import { copyResult, exportName, exportResult } from '../copy/copy-result.ts';
import type { Cursor } from '../editor/SqlEditor.tsx';
import { CellDialog } from '../grid/CellDialog.tsx';
import { ResultGrid } from '../grid/ResultGrid.tsx';
import { type Cell, rangeOf, type Selection, selectionText } from '../grid/selection.ts';
import { splitStatements, statementAt } from '../statements/split-statements.ts';
import { ErrorCard } from './ErrorCard.tsx';
import { HeldCard } from './HeldCard.tsx';
import { MessagesView } from './MessagesView.tsx';
import { PlanView } from './PlanView.tsx';
import { ResultActions } from './ResultActions.tsx';
import { ResultTabs, type ShownTab } from './ResultTabs.tsx';
import { secondText } from './run-words.ts';
import { StatusBar } from './StatusBar.tsx';
import { sourceTable } from './source-table.ts';

interface ResultsPaneProps {
  readonly console: Pick<SqlConsole, 'loadMore' | 'cancel'>;
  readonly state: ConsoleState;
  readonly resourceName: string;
  readonly resource: Resource | undefined;
  readonly cursor: Cursor | undefined;
  /** Line in the editor of the latest error. */
  readonly errorLine: number | undefined;
  readonly onPick: (text: string) => void;
  readonly onRewrite: (text: string) => void;
}

/** What came back: results, messages, plan, and the status line. */
export function ResultsPane({
  console,
  state,
  resourceName,
  resource,
  cursor,
  errorLine,
  onPick,
  onRewrite,
}: ResultsPaneProps) {
  const id = useId();
  const { results, log, paused } = state;
  const latest = log.at(-1);
  const [shown, setShown] = useShownTab(state);
  const result = results.find((candidate) => candidate.id === shown);
  const [selected, setSelected] = useState<{
    readonly result: number;
    readonly selection: Selection | undefined;
  }>();
  const [opened, setOpened] = useState<Cell | undefined>();
  const selection = selected !== undefined && selected.result === result?.id ? selected.selection : undefined;
  const size = { rows: result?.length ?? 0, columns: result?.rows.columns.length ?? 0 };
  const range = selection && rangeOf(selection, size);
  const several = range !== undefined && (range.top !== range.bottom || range.left !== range.right);

  const job = (format: CopyFormat) => {
    if (result === undefined) return undefined;
    const all = { top: 0, bottom: size.rows - 1, left: 0, right: size.columns - 1 };
    return {
      rows: result.rows,
      range: several ? range : all,
      format,
      table: sourceTable(latest?.text ?? ''),
    };
  };
  const copy = (format: CopyFormat) => {
    const work = job(format);
    if (work) void copyResult(work);
  };
  const copySelection = () => {
    if (result && range) void copyResult({ rows: result.rows, range, format: 'tsv', table: [] });
  };
  const save = (format: CopyFormat) => {
    const work = job(format);
    if (work) void exportResult(work, exportName(resourceName, Date.now()));
  };
  const failed = latest?.outcome?.kind === 'error' ? latest.outcome.error : undefined;

  return (
    <>
      <ResultTabs
        id={id}
        results={results}
        shown={shown}
        failed={failed !== undefined}
        held={state.held !== undefined}
        onShow={setShown}
      >
        {result !== undefined ? (
          <ResultActions
            what={
              several && selection
                ? selectionText(selection, size)
                : `All ${size.rows.toLocaleString('en-US')} rows`
            }
            disabled={size.rows === 0}
            onCopy={copy}
            onExport={save}
          />
        ) : latest === undefined ? null : (
          <span className="meta num restime">{secondText(latest.at)}</span>
        )}
      </ResultTabs>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${shown}`} className="respanel">
        {result !== undefined ? (
          <>
            <ResultGrid
              key={result.id}
              label={`Result, ${size.rows.toLocaleString('en-US')} rows`}
              rows={result.rows}
              length={result.length}
              selection={selection}
              onSelect={(next) => setSelected({ result: result.id, selection: next })}
              onCopy={copySelection}
              onOpen={setOpened}
            />
            {size.rows === 0 && !state.running ? (
              <p className="sqlnone overgrid">The statement gave no rows.</p>
            ) : null}
          </>
        ) : shown === 'plan' ? (
          <PlanView plan={state.plan} />
        ) : (
          <MessagesView
            log={log}
            carded={failed !== undefined || (state.running && state.held !== undefined)}
            onPick={onPick}
          >
            {state.held ? (
              <HeldCard
                key={state.held.id}
                held={state.held}
                text={state.running ? latest?.text : undefined}
                resourceName={resourceName}
                withdrawing={state.cancelling}
                onWithdraw={() => console.cancel()}
              />
            ) : null}
            {failed && latest ? (
              <ErrorCard
                error={failed}
                text={latest.text}
                review={latest.review}
                {...placeOf(latest, errorLine)}
                resourceName={resourceName}
                resource={resource}
                earlier={results.length > 0}
                onUse={onRewrite}
              />
            ) : null}
          </MessagesView>
        )}
      </div>
      {paused === undefined ? null : (
        <div className="notice plain pausebar" role="status">
          <Icon name="pause" />
          <span className="grow">
            Paused at {paused.toLocaleString('en-US')} rows, to keep this window light. The statement still
            runs.
          </span>
          <Button onClick={() => console.loadMore()}>Load more</Button>
          <Button look="ghost" onClick={() => console.cancel()}>
            Cancel
          </Button>
        </div>
      )}
      <StatusBar
        state={state}
        selected={result && selection ? selectionText(selection, size) : undefined}
        cursor={cursor}
      />
      {opened && result ? (
        <CellDialog rows={result.rows} cell={opened} onClose={() => setOpened(undefined)} />
      ) : null}
    </>
  );
}

/** The tab in front: what a person chose, until something new came that they wait for. */
function useShownTab({ results, log, held }: ConsoleState): [ShownTab, (tab: ShownTab) => void] {
  const [shown, show] = useState<ShownTab>('messages');
  const first = results[0]?.id;
  const latest = log.at(-1);
  const outcome = latest?.outcome?.kind;
  const purpose = latest?.purpose;
  const silent = latest?.outcome?.kind === 'ok' && latest.outcome.results === 0;
  useEffect(() => {
    if (first !== undefined) show(first);
  }, [first]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once a run is over, whatever it was
  useEffect(() => {
    if (outcome === 'error' || outcome === 'lost') show('messages');
    else if (outcome === 'ok' && purpose === 'explain') show('plan');
    else if (silent) show('messages');
  }, [latest?.run, outcome]);
  const waits = held?.id;
  useEffect(() => {
    if (waits !== undefined) show('messages');
  }, [waits]);
  const there = typeof shown !== 'number' || results.some(({ id }) => id === shown);
  return [there ? shown : (first ?? 'messages'), show];
}

/** The statement an error is about, as far as its line tells. */
function placeOf(
  run: RunLog,
  line: number | undefined,
): { place: { line: number; statement: string } | undefined; single: boolean } {
  const statements = splitStatements(run.text);
  const error = run.outcome?.kind === 'error' ? run.outcome.error : undefined;
  const at = error?.position === undefined ? undefined : statementAt(statements, error.position - 1);
  const only = statements.length === 1 ? statements[0] : undefined;
  const range = at ?? only;
  if (range === undefined || line === undefined) return { place: undefined, single: false };
  return { place: { line, statement: run.text.slice(range.from, range.to) }, single: true };
}
