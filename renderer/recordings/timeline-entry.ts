import type { GridRows } from '../sql/rows/grid-rows.ts';
import type { RowStore } from '../sql/rows/row-store.ts';

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
  refused?: Refusal;
  parameters?: readonly (string | null)[];
  readonly results: RecordedResult[];
  readonly outcomes: Outcome[];
  /** Milliseconds from the statement to its last result. */
  took?: number;
  /** Bulk data that passed, in bytes. */
  copied?: { readonly direction: 'in' | 'out'; bytes: number };
}

export interface NoteEntry extends Base {
  readonly kind: 'client' | 'message' | 'cancel' | 'signal' | 'end';
  readonly title: string;
  readonly detail?: string;
}

export interface Refusal {
  readonly reason: string;
  readonly policies: readonly string[];
}

/** How a channel ended; bytes as they passed. */
export interface ChannelExit {
  readonly at: number;
  readonly code?: number;
  readonly signal?: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A shell, a command, file transfer or a forwarded connection, from when it was asked for. */
export interface ChannelEntry extends Base {
  readonly kind: 'channel';
  readonly channel: number;
  readonly what: 'shell' | 'exec' | 'sftp' | 'forward';
  readonly command?: string;
  readonly destination?: string;
  /** Of a forwarded connection: made from the target, or to it. */
  readonly direction?: 'out' | 'in';
  readonly actions: readonly string[];
  readonly refused?: Refusal;
  exit?: ChannelExit;
}

/** One operation on a file of the target. */
export interface FileEntry extends Base {
  readonly kind: 'file';
  readonly channel: number;
  readonly operation: string;
  readonly path: string;
  readonly to?: string;
  readonly bytes?: number;
  readonly refused?: Refusal;
}

/** The end of a channel that was allowed. */
export interface ExitEntry extends Base {
  readonly kind: 'exit';
  readonly channel: number;
  readonly of: ChannelEntry | undefined;
  readonly exit: ChannelExit;
}

/** Something that waited until people decided. */
export interface HeldEntry extends Base {
  readonly kind: 'held';
  readonly review: string;
  readonly text: string;
  readonly parameters: readonly (string | null)[];
  /** Who was asked. */
  readonly groups: readonly string[];
  /** Milliseconds until it was decided. */
  waited?: number;
}

/** What became of something held. */
export interface DecidedEntry extends Base {
  readonly kind: 'decided';
  readonly review: string;
  readonly of: HeldEntry | undefined;
  readonly state: 'approved' | 'denied' | 'expired' | 'withdrawn';
  /** Names of who approved or denied. */
  readonly by: readonly string[];
  readonly reason?: string;
  /** Whoever sent it went ahead without approval. */
  readonly brokenGlass: boolean;
}

export type TimelineEntry =
  | StatementEntry
  | ChannelEntry
  | FileEntry
  | ExitEntry
  | HeldEntry
  | DecidedEntry
  | NoteEntry;

/** A masked column of an entry's results. */
export interface MaskedMark {
  readonly column: string;
  readonly rule: string;
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
export type EntryMark =
  | 'ok'
  | 'masked'
  | 'held'
  | 'approved'
  | 'glass'
  | 'refused'
  | 'error'
  | 'cancelled'
  | 'command'
  | 'file'
  | 'note'
  | 'open';

/** Whether a channel ended other than well. */
export const isFailure = ({ code, signal }: ChannelExit): boolean =>
  signal !== undefined || (code !== undefined && code !== 0);

export function markOf(entry: TimelineEntry): EntryMark {
  if ('refused' in entry && entry.refused) return 'refused';
  if (entry.kind === 'held') return 'held';
  if (entry.kind === 'decided') return decidedMark(entry);
  if (entry.kind === 'channel') return 'command';
  if (entry.kind === 'file') return 'file';
  if (entry.kind === 'exit') return isFailure(entry.exit) ? 'error' : 'note';
  if (entry.kind !== 'statement') return entry.kind === 'cancel' ? 'cancelled' : 'note';
  const bad = entry.outcomes.find(({ status }) => status === 'error' || status === 'cancelled');
  if (bad) return bad.status === 'error' ? 'error' : 'cancelled';
  if (maskedIn(entry).length > 0) return 'masked';
  return entry.outcomes.length === 0 ? 'open' : 'ok';
}

function decidedMark({ state, brokenGlass }: DecidedEntry): EntryMark {
  if (brokenGlass) return 'glass';
  if (state === 'approved') return 'approved';
  return state === 'denied' ? 'refused' : 'cancelled';
}

/** Whether an entry has `wanted` (lower case) in its text, its fate or the first rows it gave. */
export function entryMatches(
  entry: TimelineEntry,
  wanted: string,
  text: (rows: GridRows, row: number, column: number) => string | null,
): boolean {
  const has = (value: string | null | undefined) => value?.toLowerCase().includes(wanted) ?? false;
  switch (entry.kind) {
    case 'statement':
      break;
    case 'channel':
      return has(entry.command) || has(entry.destination) || has(entry.what) || has(entry.refused?.reason);
    case 'file':
      return has(entry.path) || has(entry.to) || has(entry.operation) || has(entry.refused?.reason);
    case 'held':
      return has(entry.text) || entry.groups.some(has) || entry.parameters.some(has);
    case 'decided':
      return has(entry.of?.text) || has(entry.reason) || entry.by.some(has) || has(entry.state);
    case 'exit':
      return has(entry.of?.command) || has(entry.exit.signal);
    default:
      return has(entry.title) || has(entry.detail);
  }
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
