import type { RecordedColumn, RecordingEvent } from '@drawbridge/contract';
import type { GridColumn, GridRows } from '../sql/rows/grid-rows.ts';
import { RowStore } from '../sql/rows/row-store.ts';

/** Rows of one result as the client saw them. */
export interface RecordedResult {
  readonly rows: GridRows;
  readonly store: RowStore;
  /** Rows that came in no form that can be shown. */
  unreadable: number;
  /** Rows left out, so that a long recording stays within what a page may hold. */
  omitted: number;
}

export interface Outcome {
  readonly status: 'ok' | 'error' | 'suspended' | 'cancelled';
  readonly tag?: string;
  readonly rows?: number;
  readonly error?: { readonly code: string; readonly severity: string; readonly message: string };
}

interface Base {
  /** Position of its first event in the recording. */
  readonly seq: number;
  /** Milliseconds since the start. */
  readonly at: number;
}

/** A statement, or one run of a prepared one, with what came of it. */
export interface StatementEntry extends Base {
  readonly kind: 'statement';
  readonly statement: number;
  readonly text: string;
  readonly prepared: boolean;
  readonly actions: readonly string[];
  readonly tables: readonly string[];
  readonly refused?: { readonly reason: string; readonly policies: readonly string[] };
  parameters?: readonly (string | null)[];
  readonly results: RecordedResult[];
  readonly outcomes: Outcome[];
  /** Milliseconds from the statement to its last result. */
  took?: number;
  /** Bulk data that passed, in bytes. */
  copied?: { readonly direction: 'in' | 'out'; bytes: number };
}

export interface NoteEntry extends Base {
  readonly kind: 'client' | 'message' | 'cancel' | 'end';
  readonly title: string;
  readonly detail?: string;
}

export type TimelineEntry = StatementEntry | NoteEntry;

/** A masked column of an entry's results. */
export interface MaskedMark {
  readonly column: string;
  readonly rule: string;
}

const MOST_BYTES = 256 * 2 ** 20;

/** What happened in a recording, built from its events as they come. */
export class Timeline {
  readonly entries: TimelineEntry[] = [];
  /** Time of the last event, in milliseconds since the start. */
  length = 0;
  events = 0;
  #bytes = 0;
  readonly #current = new Map<number, StatementEntry>();

  add(event: RecordingEvent, payload?: Uint8Array): void {
    this.events++;
    this.length = Math.max(this.length, event.at);
    const place = { seq: event.seq, at: event.at };
    switch (event.type) {
      case 'client':
        this.entries.push({
          ...place,
          kind: 'client',
          title: `${event.name ?? 'A client'} connected`,
          ...(event.database && { detail: `database ${event.database}` }),
        });
        break;
      case 'statement':
        this.#statement(event);
        break;
      case 'execute':
        this.#execute(event);
        break;
      case 'columns':
        this.#columns(event);
        break;
      case 'rows':
        this.#rows(event, payload);
        break;
      case 'copy': {
        const entry = this.#current.get(event.statement);
        if (entry === undefined) break;
        entry.copied ??= { direction: event.direction, bytes: 0 };
        entry.copied.bytes += payload?.length ?? 0;
        break;
      }
      case 'result':
        this.#result(event);
        break;
      case 'message':
        this.entries.push({
          ...place,
          kind: 'message',
          title:
            event.kind === 'notice'
              ? 'Notice'
              : `Notification${event.channel === undefined ? '' : ` on ${event.channel}`}`,
          detail: event.text,
        });
        break;
      case 'cancel':
        this.entries.push({ ...place, kind: 'cancel', title: 'The client asked to cancel' });
        break;
      case 'end':
        this.entries.push({ ...place, kind: 'end', title: 'The session ended', detail: event.reason });
        break;
      default:
        event satisfies never;
    }
  }

  #statement(event: Extract<RecordingEvent, { type: 'statement' }>): void {
    const entry: StatementEntry = {
      kind: 'statement',
      seq: event.seq,
      at: event.at,
      statement: event.statement,
      text: event.text,
      prepared: event.mode === 'prepare',
      actions: event.actions,
      tables: event.tables,
      results: [],
      outcomes: [],
      ...(event.decision === 'deny' && {
        refused: { reason: event.reason ?? 'refused', policies: event.policies ?? [] },
      }),
    };
    this.#current.set(event.statement, entry);
    this.entries.push(entry);
  }

  /** The first run of a prepared statement is shown on its entry, further ones get their own. */
  #execute(event: Extract<RecordingEvent, { type: 'execute' }>): void {
    const before = this.#current.get(event.statement);
    if (before === undefined) return;
    if (before.parameters === undefined) {
      before.parameters = event.parameters;
      return;
    }
    const entry: StatementEntry = {
      ...before,
      seq: event.seq,
      at: event.at,
      parameters: event.parameters,
      results: [],
      outcomes: [],
    };
    delete entry.took;
    delete entry.copied;
    // Columns were announced once, when it was prepared.
    const columns = before.results[0]?.rows.columns;
    if (columns !== undefined) entry.results.push(resultOf(columns));
    this.#current.set(event.statement, entry);
    this.entries.push(entry);
  }

  #columns(event: Extract<RecordingEvent, { type: 'columns' }>): void {
    const entry = this.#current.get(event.statement);
    if (entry === undefined) return;
    const last = entry.results.at(-1);
    // What was expected of a prepared statement gives way to what is announced for this run.
    if (last?.store.length === 0 && entry.outcomes.length < entry.results.length) entry.results.pop();
    entry.results.push(emptyResult(event.columns));
  }

  #rows(event: Extract<RecordingEvent, { type: 'rows' }>, payload: Uint8Array | undefined): void {
    const result = this.#current.get(event.statement)?.results.at(-1);
    if (result === undefined || payload === undefined) return;
    if (this.#bytes >= MOST_BYTES) {
      result.omitted += event.count;
      return;
    }
    try {
      const before = result.store.bytes;
      result.store.append(payload);
      this.#bytes += result.store.bytes - before;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      result.unreadable += event.count;
    }
  }

  #result(event: Extract<RecordingEvent, { type: 'result' }>): void {
    const entry = this.#current.get(event.statement);
    if (entry === undefined) return;
    entry.took = event.at - entry.at;
    const { status, tag, rows, error } = event;
    entry.outcomes.push({
      status,
      ...(tag !== undefined && { tag }),
      ...(rows !== undefined && { rows }),
      ...(error && { error }),
    });
  }
}

function emptyResult(columns: readonly RecordedColumn[]): RecordedResult {
  return resultOf(
    columns.map(
      ({ name, type, format, masked }): GridColumn => ({ name, type, format, ...(masked && { masked }) }),
    ),
  );
}

function resultOf(columns: readonly GridColumn[]): RecordedResult {
  const store = new RowStore();
  return { rows: { columns, store }, store, unreadable: 0, omitted: 0 };
}

/** The masked columns of what an entry gave, each once. */
export function maskedIn(entry: TimelineEntry): MaskedMark[] {
  if (entry.kind !== 'statement') return [];
  const found = new Map<string, MaskedMark>();
  for (const { rows } of entry.results)
    for (const { name, masked } of rows.columns)
      if (masked) found.set(`${name} ${masked.rule}`, { column: name, rule: masked.rule });
  return [...found.values()];
}

/** How an entry went: what its mark on the line and in the player says. */
export type EntryMark = 'ok' | 'masked' | 'refused' | 'error' | 'cancelled' | 'note' | 'open';

export function markOf(entry: TimelineEntry): EntryMark {
  if (entry.kind !== 'statement') return entry.kind === 'cancel' ? 'cancelled' : 'note';
  if (entry.refused) return 'refused';
  const bad = entry.outcomes.find(({ status }) => status === 'error' || status === 'cancelled');
  if (bad) return bad.status === 'error' ? 'error' : 'cancelled';
  if (maskedIn(entry).length > 0) return 'masked';
  return entry.outcomes.length === 0 ? 'open' : 'ok';
}

/** Whether an entry has `wanted` (lower case) in its text, its fate or the first rows it gave. */
export function entryMatches(
  entry: TimelineEntry,
  wanted: string,
  text: (rows: GridRows, row: number, column: number) => string | null,
): boolean {
  const has = (value: string | null | undefined) => value?.toLowerCase().includes(wanted) ?? false;
  if (entry.kind !== 'statement') return has(entry.title) || has(entry.detail);
  if (has(entry.text) || has(entry.refused?.reason) || entry.tables.some(has) || entry.parameters?.some(has))
    return true;
  if (entry.outcomes.some(({ error }) => has(error?.message) || has(error?.code))) return true;
  return entry.results.some(({ rows }) => {
    const rowsLooked = Math.min(rows.store.length, 1000);
    for (let row = 0; row < rowsLooked; row++)
      for (let column = 0; column < rows.columns.length; column++)
        if (has(text(rows, row, column))) return true;
    return false;
  });
}
