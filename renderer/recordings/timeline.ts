import type { RecordedColumn, RecordingEvent } from '@drawbridge/contract';
import type { GridColumn } from '../sql/rows/grid-rows.ts';
import { RowStore } from '../sql/rows/row-store.ts';
import { ChannelEntries } from './channel-entries.ts';
import { ReviewEntries } from './review-entries.ts';
import type { RecordedResult, StatementEntry, TimelineEntry } from './timeline-entry.ts';

const MOST_BYTES = 256 * 2 ** 20;

/** What happened in a recording, built from its events as they come. */
export class Timeline {
  readonly entries: TimelineEntry[] = [];
  /** Time of the last event, in milliseconds since the start. */
  length = 0;
  events = 0;
  /** When anything happened, ascending; each moment once. */
  readonly moments: number[] = [];
  /** Where output was masked, and how often, ascending. */
  readonly masked: { readonly at: number; readonly count: number }[] = [];
  #bytes = 0;
  readonly #current = new Map<number, StatementEntry>();
  readonly #channels = new ChannelEntries();
  readonly #reviews = new ReviewEntries();

  add(event: RecordingEvent, payload?: Uint8Array): void {
    this.events++;
    this.length = Math.max(this.length, event.at);
    if (this.moments.at(-1) !== event.at) this.moments.push(event.at);
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
      case 'review':
        this.entries.push(this.#reviews.add(event));
        break;
      case 'cancel':
        this.entries.push({ ...place, kind: 'cancel', title: 'The client asked to cancel' });
        break;
      case 'channel':
      case 'signal':
      case 'file':
      case 'exit': {
        const entry = this.#channels.add(event);
        if (entry !== undefined) this.entries.push(entry);
        break;
      }
      // What a screen showed is `TerminalOutput`'s.
      case 'output':
        if (event.masked !== undefined) this.masked.push({ at: event.at, count: event.masked });
        break;
      case 'input':
      case 'resize':
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
    const refused = event.decision === 'deny' && { reason: event.reason ?? 'refused', policies: [] };
    if (before.parameters === undefined) {
      before.parameters = event.parameters;
      if (refused) before.refused = refused;
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
    delete entry.refused;
    if (refused) entry.refused = refused;
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
