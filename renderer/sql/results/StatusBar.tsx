import { useEffect, useState } from 'react';
import { Icon } from '../../theme/Icon.tsx';
import type { ConsoleState } from '../console/console-state.ts';
import type { Cursor } from '../editor/SqlEditor.tsx';
import { runWords, tookText } from './run-words.ts';

interface StatusBarProps {
  readonly state: ConsoleState;
  readonly selected: string | undefined;
  readonly cursor: Cursor | undefined;
}

/** The last line: what runs or ran, what is selected, where the cursor is. */
export function StatusBar({ state, selected, cursor }: StatusBarProps) {
  return (
    <footer className="statusbar">
      <span role="status" className="row statusrun">
        {state.running ? <Running state={state} /> : <Ran state={state} />}
      </span>
      <div className="grow" />
      {selected === undefined ? null : (
        <>
          <span>{selected}</span>
          <span className="vsep" />
        </>
      )}
      {cursor === undefined ? null : (
        <span className="t3 num">
          Line {cursor.line}, column {cursor.column}
        </span>
      )}
    </footer>
  );
}

function Running({ state }: { readonly state: ConsoleState }) {
  const began = state.log.at(-1)?.at ?? 0;
  const [now, setNow] = useState(began);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, []);
  const rows = state.results.reduce((sum, { length }) => sum + length, 0);
  const what = state.cancelling
    ? 'Cancelling'
    : state.held !== undefined
      ? 'Held'
      : state.paused === undefined
        ? 'Running'
        : 'Paused';
  return (
    <>
      {state.held === undefined ? (
        <Icon name="clock" small className="t3" />
      ) : (
        <Icon name="held" small className="c-held" />
      )}
      <span aria-live="off">
        {what}, {tookText(Math.max(0, now - began))}
        {rows === 0 || state.held !== undefined ? '' : `, ${rows.toLocaleString('en-US')} rows so far`}
      </span>
    </>
  );
}

function Ran({ state }: { readonly state: ConsoleState }) {
  const latest = state.log.at(-1);
  if (latest === undefined) {
    const { connection } = state;
    return (
      <span className="t3">{connection.status === 'ready' ? `PostgreSQL ${connection.server}` : ''}</span>
    );
  }
  const { icon, tone, text } = runWords(latest);
  const took = latest.milliseconds === undefined ? '' : ` ${tookText(latest.milliseconds)}`;
  const refused = latest.outcome?.kind === 'error' && latest.outcome.error.refused;
  const [, number, rest] = /^([\d,]+)( .*)$/.exec(text) ?? [];
  return (
    <>
      <Icon name={icon} small className={tone} />
      <span>
        {refused ? (
          latest.review === undefined ? (
            'Refused by policy'
          ) : (
            'Refused after review'
          )
        ) : number === undefined ? (
          text
        ) : (
          <b>{number}</b>
        )}
        {rest}
        {took === '' ? '' : ` in${took}`}
      </span>
      {latest.firstRow === undefined || refused ? null : (
        <span className="t3">first row after {tookText(latest.firstRow)}</span>
      )}
    </>
  );
}
