import { type DataRow, decodeCell, decodeCopyData, decodeDataRows, hexText } from './postgres-rows.ts';
import type { RecordedColumn, RecordingEvent, RecordingHeader } from './recording.ts';
import { rowsApart } from './rows-apart.ts';
import { TextJoiner } from './text-joiner.ts';

/** What the exporters read: parts of a recording in order, as `readRecording` gives them. */
export type ExportedPart =
  | { readonly kind: 'header'; readonly header: RecordingHeader }
  | { readonly kind: 'event'; readonly event: RecordingEvent; readonly payload: Uint8Array }
  | { readonly kind: 'manifest'; readonly jws: string };

/**
 * An event with its payload made readable: `values` of `rows`, `data` of `copy` (`\x…` where it isn't text) and of
 * `output` and `input` (text; a character that was cut in two stands in the later event, and what is none is U+FFFD).
 * Rows that a target sent in no valid form stand in `data` too: they must not end the replay of what follows.
 */
export type TimelineEvent = RecordingEvent & {
  readonly values?: readonly (readonly (string | null)[])[];
  readonly data?: string;
};

/** One line of a timeline. */
export type TimelineEntry =
  | { readonly kind: 'header'; readonly header: RecordingHeader }
  | { readonly kind: 'event'; readonly event: TimelineEvent }
  | { readonly kind: 'manifest'; readonly jws: string };

/** Follows which columns the rows of each statement have. */
class ResultColumns {
  readonly #columns = new Map<number, readonly RecordedColumn[]>();

  follow(event: RecordingEvent): void {
    if (event.type === 'columns') this.#columns.set(event.statement, event.columns);
  }

  of(statement: number): readonly RecordedColumn[] {
    return this.#columns.get(statement) ?? [];
  }
}

/** The texts of channels, each with what is left of its last character. */
class ChannelTexts {
  readonly #joiners = new Map<string, TextJoiner>();

  push(channel: number, stream: string, payload: Uint8Array): string {
    const key = `${channel} ${stream}`;
    const joiner = this.#joiners.get(key) ?? new TextJoiner();
    this.#joiners.set(key, joiner);
    return joiner.push(payload);
  }

  ended(channel: number): void {
    for (const stream of ['stdout', 'stderr', 'stdin']) this.#joiners.delete(`${channel} ${stream}`);
  }
}

const UNKNOWN: Pick<RecordedColumn, 'type' | 'format'> = { type: 'unknown', format: 'text' };

const cells = (row: DataRow, columns: readonly RecordedColumn[]): (string | null)[] =>
  row.map((bytes, index) => decodeCell(bytes, columns[index] ?? UNKNOWN));

function tryDecode<T>(decode: (payload: Uint8Array) => T, payload: Uint8Array): T | undefined {
  try {
    return decode(payload);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readable(bytes: Uint8Array): string {
  try {
    return text.decode(bytes);
  } catch {
    return hexText(bytes);
  }
}

/** The recording as values to show: what happened, with rows decoded. Holds one event at a time. */
export async function* recordingTimeline(
  parts: AsyncIterable<ExportedPart>,
): AsyncGenerator<TimelineEntry, void, undefined> {
  const columns = new ResultColumns();
  const texts = new ChannelTexts();
  for await (const part of rowsApart(parts)) {
    if (part.kind === 'header') yield { kind: 'header', header: part.header };
    else if (part.kind === 'manifest') yield { kind: 'manifest', jws: part.jws };
    else {
      const { event, payload } = part;
      columns.follow(event);
      if (event.type === 'rows') {
        const values = tryDecode(decodeDataRows, payload)?.map((row) =>
          cells(row, columns.of(event.statement)),
        );
        yield { kind: 'event', event: { ...event, ...(values ? { values } : { data: hexText(payload) }) } };
      } else if (event.type === 'copy')
        yield {
          kind: 'event',
          event: { ...event, data: readable(tryDecode(decodeCopyData, payload) ?? payload) },
        };
      else if (event.type === 'output' || event.type === 'input') {
        const stream = event.type === 'output' ? event.stream : 'stdin';
        yield { kind: 'event', event: { ...event, data: texts.push(event.channel, stream, payload) } };
      } else {
        if (event.type === 'exit') texts.ended(event.channel);
        yield { kind: 'event', event };
      }
    }
  }
}

/** Newline-delimited JSON: a line for the header (`type: "header"`), each event, and the manifest (`type: "manifest"`). */
export async function* exportNdjson(
  parts: AsyncIterable<ExportedPart>,
): AsyncGenerator<string, void, undefined> {
  for await (const entry of recordingTimeline(parts)) yield `${JSON.stringify(flat(entry))}\n`;
}

/** One JSON array of what `exportNdjson` gives line by line, streamed. */
export async function* exportJson(
  parts: AsyncIterable<ExportedPart>,
): AsyncGenerator<string, void, undefined> {
  let before = '[\n';
  for await (const entry of recordingTimeline(parts)) {
    yield before + JSON.stringify(flat(entry));
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

function flat(entry: TimelineEntry): object {
  if (entry.kind === 'event') return entry.event;
  return entry.kind === 'header' ? { type: 'header', ...entry.header } : { type: 'manifest', jws: entry.jws };
}

/**
 * Result rows as CSV (RFC 4180) with a line of column names; NULL is an empty field, an empty text is `""`.
 * With `statement` only that one's rows. Without, every result in the order they came: where the columns
 * change, an empty line and new column names follow, which most readers of CSV want split first.
 */
export async function* exportCsv(
  parts: AsyncIterable<ExportedPart>,
  options: { readonly statement?: number } = {},
): AsyncGenerator<string, void, undefined> {
  const columns = new ResultColumns();
  let current: string | undefined;
  for await (const part of rowsApart(parts)) {
    if (part.kind !== 'event') continue;
    const { event, payload } = part;
    columns.follow(event);
    if (event.type !== 'rows' && event.type !== 'columns') continue;
    if (options.statement !== undefined && event.statement !== options.statement) continue;
    const now = columns.of(event.statement);
    const heading = `${now.map((column) => csvField(column.name)).join(',')}\r\n`;
    const result = options.statement === undefined ? `${event.statement} ${heading}` : heading;
    if (result !== current) {
      yield (current === undefined ? '' : '\r\n') + heading;
      current = result;
    }
    if (event.type === 'rows') {
      let lines = '';
      const rows = tryDecode(decodeDataRows, payload);
      for (const row of rows ?? []) lines += `${cells(row, now).map(csvField).join(',')}\r\n`;
      yield rows === undefined ? `${hexText(payload)}\r\n` : lines;
    }
  }
}

function csvField(value: string | null): string {
  if (value === null) return '';
  return value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
