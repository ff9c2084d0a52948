import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Tab } from '../../main/ipc/app-state.ts';
import { openAnotherConsole } from '../state/actions.ts';
import { environmentOf } from '../state/environment.ts';
import { useResource } from '../state/own-access.ts';
import { updateTab } from '../state/view.ts';
import { ConnectionStrip } from './ConnectionStrip.tsx';
import type { RunLog } from './console/console-state.ts';
import { useSqlConsole } from './console/use-sql-console.ts';
import { type Cursor, type EditorHandle, SqlEditor } from './editor/SqlEditor.tsx';
import { ResultsPane } from './results/ResultsPane.tsx';
import { SessionBar } from './SessionBar.tsx';
import { Splitter } from './Splitter.tsx';
import './sql.css';
import { SchemaTree } from './schema/SchemaTree.tsx';
import { errorRange } from './statements/error-position.ts';
import { type StatementRange, splitStatements, statementAt } from './statements/split-statements.ts';
import { Toolbar } from './Toolbar.tsx';

const EXPLAIN = 'EXPLAIN (FORMAT JSON) ';
const ANALYZE = 'EXPLAIN (ANALYZE, FORMAT JSON) ';

/** A SQL console: the session's facts, the schema, the editor and what came back. */
export function SqlTab({ tab }: { readonly tab: Extract<Tab, { kind: 'sql' }> }) {
  const { console, state } = useSqlConsole(tab);
  const resource = useResource(tab.resource);
  const editor = useRef<EditorHandle>(null);
  const [cursor, setCursor] = useState<Cursor | undefined>();
  const [several, setSeveral] = useState(() => splitStatements(tab.text).length > 1);
  const [height, setHeight] = useState(176);
  const [errorLine, setErrorLine] = useState<number | undefined>();
  /** What was put before the text by `explain`, which positions in errors count. */
  const prefix = useRef(0);

  const save = useMemo(
    () =>
      later(400, (text: string) => {
        updateTab(tab.id, { text });
        setSeveral(splitStatements(text).length > 1);
      }),
    [tab.id],
  );
  useEffect(() => () => save.now(), [save]);
  const moved = useCallback(
    (next: Cursor) => setCursor((before) => (same(before, next) ? before : next)),
    [],
  );

  const start = (range: StatementRange, before = '') => {
    const text = editor.current?.text().slice(range.from, range.to) ?? '';
    if (text.trim() === '') return;
    const began = before === '' ? console.run(text) : console.run(before + text, 'explain', text);
    if (!began) return;
    prefix.current = before.length;
    setErrorLine(undefined);
    editor.current?.began(range);
  };
  /** What is selected, else the statement at the cursor. */
  const chosen = (): StatementRange | undefined => {
    const { from, to } = editor.current?.selection() ?? { from: 0, to: 0 };
    return from === to ? statementAt(splitStatements(editor.current?.text() ?? ''), from) : { from, to };
  };
  const run = () => {
    const range = chosen();
    if (range) start(range);
  };
  const runAll = () => start({ from: 0, to: editor.current?.text().length ?? 0 });
  const explain = (analyze: boolean) => {
    const range = chosen();
    if (range) start(range, analyze ? ANALYZE : EXPLAIN);
  };

  const latest = state.log.at(-1);
  const failed = latest?.outcome?.kind === 'error' ? latest : undefined;
  useEffect(() => {
    const place = failed && errorPlace(failed, prefix.current);
    if (place) setErrorLine(editor.current?.markError(place));
  }, [failed]);

  const cancel = (): boolean => {
    if (!state.running) return false;
    console.cancel();
    return true;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.defaultPrevented && cancel()) event.preventDefault();
  };
  const insert = useCallback((text: string) => editor.current?.insert(text), []);
  const production = environmentOf(resource?.labels ?? {}).production;

  return (
    <section className="sqltab" aria-label={`SQL console on ${tab.resource}`} onKeyDown={onKeyDown}>
      {production ? <div className="prodline" /> : null}
      <SessionBar
        name={tab.resource}
        profile={tab.profile}
        resource={resource}
        connection={state.connection}
        onEnd={() => console.disconnect()}
      />
      <ConnectionStrip
        connection={state.connection}
        resource={tab.resource}
        profile={tab.profile}
        onConnect={() => void console.connect()}
      />
      <div className="workbench">
        <SchemaTree
          database={
            state.connection.status === 'ready'
              ? state.connection.database
              : (resource?.database ?? tab.resource)
          }
          tables={state.schema ?? (state.connection.status === 'failed' ? [] : undefined)}
          onInsert={insert}
        />
        <div className="editorpane">
          <Toolbar
            state={state}
            resource={tab.resource}
            several={several}
            selected={cursor?.selected ?? false}
            onRun={run}
            onRunAll={runAll}
            onExplain={explain}
            onCancel={cancel}
            onPick={insert}
            onCommand={(text) => console.run(text)}
            onRefresh={() => console.refreshSchema()}
            onAnother={() => openAnotherConsole(tab.resource, tab.profile)}
          />
          {/* Plain keys typed here are nobody else's: the window can't see into the editor's shadow root. */}
          {/* biome-ignore lint/a11y/noStaticElementInteractions: it only keeps keys from going further */}
          <div className="editor" style={{ height }} onKeyDown={stopPlainKeys}>
            <SqlEditor
              handle={editor}
              initial={tab.text}
              schema={state.schema}
              label={`SQL on ${tab.resource}`}
              onChange={save}
              onCursor={moved}
              onRun={run}
              onRunAll={runAll}
              onEscape={cancel}
            />
          </div>
          <Splitter height={height} onChange={setHeight} />
          <ResultsPane
            console={console}
            state={state}
            resourceName={tab.resource}
            resource={resource}
            cursor={cursor}
            errorLine={errorLine}
            onPick={insert}
            onRewrite={(text) => editor.current?.replace(text, chosen())}
          />
        </div>
      </div>
    </section>
  );
}

const same = (a: Cursor | undefined, b: Cursor) =>
  a?.line === b.line && a.column === b.column && a.selected === b.selected;

function stopPlainKeys(event: KeyboardEvent): void {
  if (!event.ctrlKey && !event.metaKey && event.key !== 'Escape') event.stopPropagation();
}

/** What to underline in the text that ran; a refusal without a place is about the whole of its one statement. */
function errorPlace(run: RunLog, prefix: number): StatementRange | undefined {
  if (run.outcome?.kind !== 'error') return undefined;
  const { position, refused } = run.outcome.error;
  if (position !== undefined) return errorRange(run.text, position - prefix);
  const statements = splitStatements(run.text);
  const [first] = statements;
  return refused && first !== undefined && statements.length === 1
    ? errorRange(run.text, [...run.text.slice(0, first.from)].length + 1)
    : undefined;
}

interface Later<A> {
  (value: A): void;
  /** Does at once what is still to be done. */
  readonly now: () => void;
}

/** Calls `work` with the last value once nothing came for `milliseconds`. */
function later<A>(milliseconds: number, work: (value: A) => void): Later<A> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waiting: { readonly value: A } | undefined;
  const now = () => {
    clearTimeout(timer);
    const last = waiting;
    waiting = undefined;
    if (last) work(last.value);
  };
  const call = (value: A) => {
    waiting = { value };
    clearTimeout(timer);
    timer = setTimeout(now, milliseconds);
  };
  return Object.assign(call, { now });
}
