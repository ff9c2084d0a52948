import type { SqlEvent, SqlHeld, SqlRequest } from '../../../main/ipc/sql-port.ts';
import { ConsoleRun, type GrowingResult, type RunLimit, viewOf } from './console-run.ts';
import type { ConsoleState, RunLog, RunPurpose } from './console-state.ts';

/** The part of a MessagePort that a console needs. */
export interface ConsolePort {
  postMessage(request: SqlRequest): void;
  onmessage: ((event: MessageEvent<SqlEvent>) => void) | null;
  close(): void;
}

export interface ConsoleDependencies {
  /** Asks for a connection. @throws with `code`, `message` and perhaps `hint`. */
  readonly connect: (signal: AbortSignal) => Promise<ConsolePort>;
  /** Calls back soon, at most once a frame. */
  readonly schedule: (notify: () => void) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Puts a text into the history. */
  readonly remember: (text: string, ok: boolean) => void;
  /** How much to take before asking whether more is wanted; each *load more* takes as much again. */
  readonly limit: RunLimit;
}

const CANCELED = '57014';
const MOST_LOGGED = 200;

/**
 * One SQL console: its connection, what runs and what came back. Outside React, so that rows can stream in without
 * a render each; whoever shows it subscribes and reads `state` (a new object after each notification).
 */
export class SqlConsole {
  readonly #dependencies: ConsoleDependencies;
  readonly #listeners = new Set<() => void>();
  #abort = new AbortController();
  #port: ConsolePort | undefined;
  #state: ConsoleState = {
    connection: { status: 'connecting' },
    transaction: 'idle',
    log: [],
    running: false,
    cancelling: false,
    results: [],
  };
  #run: ConsoleRun | undefined;
  /** Results on screen: those of the latest run that had any; what gives no rows leaves them. */
  #shown: GrowingResult[] = [];
  #runs = 0;
  #results = 0;
  /** Chunks taken over and not acknowledged, while paused. */
  #owed = 0;
  #discarding = false;
  #scheduled = false;

  constructor(dependencies: ConsoleDependencies) {
    this.#dependencies = dependencies;
  }

  get state(): ConsoleState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Connects, or connects again after the connection was lost. Results stay. */
  async connect(): Promise<void> {
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#set({ connection: { status: 'connecting' }, transaction: 'idle' });
    try {
      const port = await this.#dependencies.connect(signal);
      if (signal.aborted) return port.close();
      this.#port = port;
      port.onmessage = ({ data }) => {
        if (!signal.aborted) this.#receive(data);
      };
    } catch (error) {
      if (!signal.aborted) this.#set({ connection: { status: 'failed', ...failureOf(error) } });
    }
  }

  /** Ends the connection; the session is over. */
  disconnect(message = 'You ended the session.'): void {
    this.#port?.postMessage({ type: 'close' });
    this.#closed(false, message);
  }

  /** @returns whether it was started: one run at a time, and only when connected. */
  run(text: string, purpose: RunPurpose = 'query', about = text): boolean {
    if (this.#port === undefined || this.#run !== undefined || this.#state.connection.status !== 'ready')
      return false;
    const run = ++this.#runs;
    const log: RunLog = { run, text: about, purpose, at: this.#dependencies.now(), notices: [] };
    this.#run = new ConsoleRun(log, this.#dependencies.limit);
    this.#owed = 0;
    this.#discarding = false;
    this.#set(
      { running: true, cancelling: false, log: [...this.#state.log.slice(1 - MOST_LOGGED), log] },
      'paused',
    );
    this.#port.postMessage({ type: 'run', run, text });
    return true;
  }

  /** Asks the database to stop. What already came stays; what still comes is left out. */
  cancel(): void {
    if (this.#run === undefined || this.#state.cancelling) return;
    this.#port?.postMessage({ type: 'cancel' });
    this.#discarding = true;
    this.#acknowledgeOwed();
    this.#set({ cancelling: true }, 'paused');
  }

  /** Goes on after a pause, for as many rows again. */
  loadMore(): void {
    if (this.#run === undefined || this.#state.paused === undefined) return;
    this.#run.allowMore(this.#dependencies.limit);
    this.#acknowledgeOwed();
    this.#set({}, 'paused');
  }

  refreshSchema(): void {
    this.#port?.postMessage({ type: 'schema' });
  }

  /** Ends everything; the console is not used again. */
  dispose(): void {
    this.#port?.postMessage({ type: 'close' });
    this.#abort.abort();
    this.#port?.close();
    this.#port = undefined;
    this.#listeners.clear();
    for (const { store } of this.#shown) store.clear();
    this.#shown = [];
  }

  #receive(event: SqlEvent): void {
    switch (event.type) {
      case 'ready': {
        const { session, database, server } = event;
        this.#set({ connection: { status: 'ready', database, server, ...(session && { session }) } });
        this.refreshSchema();
        break;
      }
      case 'schema':
        this.#set({ schema: event.tables });
        break;
      case 'transaction':
        this.#set({ transaction: event.state });
        break;
      case 'held':
        this.#hold(event.held);
        break;
      case 'closed':
        this.#closed(event.ended, event.message);
        break;
      default: {
        const run = this.#run;
        if (run !== undefined && event.run === run.number) this.#receiveRun(run, event);
        else if (event.type === 'rows') this.#port?.postMessage({ type: 'ack' });
      }
    }
  }

  #hold(held: SqlHeld | undefined): void {
    if (held === undefined) this.#set({}, 'held');
    else {
      this.#run?.heldBy(held.id);
      this.#set({ held });
    }
  }

  #receiveRun(run: ConsoleRun, event: Extract<SqlEvent, { run: number }>): void {
    switch (event.type) {
      case 'columns':
        run.begin(event.result, ++this.#results, event.columns);
        if (run.purpose === 'query') this.#show(run);
        break;
      case 'rows':
        this.#takeRows(run, event);
        break;
      case 'result':
        run.complete(event.result, event.tag, event.rows);
        break;
      case 'notice':
        run.notice(event);
        break;
      case 'error': {
        const { error } = event;
        if (error.severity === 'FATAL' || error.severity === 'PANIC') run.ended({ kind: 'lost' });
        else if (error.code === CANCELED && this.#state.cancelling)
          run.ended({ kind: 'cancelled', rows: run.rows });
        else run.ended({ kind: 'error', error });
        break;
      }
      case 'done':
        this.#done(run, event.milliseconds, event.firstRow);
        break;
      default:
        event satisfies never;
    }
    this.#changed();
  }

  #takeRows(run: ConsoleRun, { result, frames }: Extract<SqlEvent, { type: 'rows' }>): void {
    if (!this.#discarding) {
      try {
        run.take(result, frames);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.#port?.postMessage({ type: 'close' });
        this.#closed(false, `The result can't be shown: ${error.message}.`);
        return;
      }
    }
    this.#owed++;
    if (!this.#discarding && run.full) this.#set({ paused: run.rows });
    else this.#acknowledgeOwed();
  }

  #acknowledgeOwed(): void {
    for (; this.#owed > 0; this.#owed--) this.#port?.postMessage({ type: 'ack' });
  }

  #done(run: ConsoleRun, milliseconds: number, firstRow: number | undefined): void {
    const outcome = run.done(milliseconds, firstRow);
    const plan = run.purpose === 'explain' && outcome.kind === 'ok' ? run.planText() : undefined;
    this.#finish(run);
    if (plan !== undefined) this.#set({ plan: { text: plan, statement: run.log.text } });
    if (run.purpose === 'query') this.#dependencies.remember(run.log.text, outcome.kind === 'ok');
  }

  #finish(run: ConsoleRun): void {
    this.#run = undefined;
    const log = [...this.#state.log.slice(0, -1), run.finished()];
    this.#set({ running: false, cancelling: false, log }, 'paused', 'held');
  }

  #closed(ended: boolean, message: string): void {
    const { connection } = this.#state;
    this.#abort.abort();
    this.#port?.close();
    this.#port = undefined;
    if (this.#run) {
      this.#run.ended({ kind: 'lost' });
      this.#finish(this.#run);
    }
    const session = connection.status === 'ready' ? connection.session : undefined;
    this.#set(
      {
        connection: { status: 'closed', ended, message, ...(session && { session }) },
        transaction: 'idle',
      },
      'held',
    );
  }

  #show(run: ConsoleRun): void {
    const { results } = run;
    for (const before of this.#shown) if (!results.includes(before)) before.store.clear();
    this.#shown = results;
  }

  #set(change: Partial<ConsoleState>, ...without: readonly ('paused' | 'held')[]): void {
    const next: { -readonly [K in keyof ConsoleState]: ConsoleState[K] } = { ...this.#state, ...change };
    for (const key of without) delete next[key];
    this.#state = next;
    this.#changed();
  }

  /** Says that something changed, at most once a frame however many chunks came. */
  #changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#dependencies.schedule(() => {
      this.#scheduled = false;
      const run = this.#run;
      const log = run ? [...this.#state.log.slice(0, -1), run.log] : this.#state.log;
      this.#state = { ...this.#state, log, results: this.#shown.map(viewOf) };
      for (const listener of this.#listeners) listener();
    });
  }
}

function failureOf(error: unknown): { code: string; message: string; hint?: string } {
  if (!(error instanceof Error)) return { code: 'internal', message: 'The connection could not be opened.' };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
  return { code, message: error.message, ...(hint !== undefined && { hint }) };
}
