import type { RecordingEvent, RecordingHeader } from './recording.ts';
import type { ExportedPart } from './recording-export.ts';
import { TextJoiner } from './text-joiner.ts';

/** 3 is what asciinema 3 and its player read, 2 what asciinema 2 does (https://docs.asciinema.org/manual/asciicast/v3/). */
export type AsciicastVersion = 2 | 3;

export interface AsciicastOptions {
  /** See `findTerminalChannel`. */
  readonly channel: number;
  /** Default 3. */
  readonly version?: AsciicastVersion;
}

type ChannelEvent = Extract<RecordingEvent, { type: 'channel' }>;
type ExitEvent = Extract<RecordingEvent, { type: 'exit' }>;
type ReviewEvent = Extract<RecordingEvent, { type: 'review' }>;

/** Masked output this close to the last that was marked has no marker of its own, in ms. */
const MARKS_APART = 1000;

/** Of commands without a terminal. */
const PLAIN_SIZE = { columns: 80, rows: 24 };

/** Numbers of the signals that RFC 4254 section 6.10 names; a shell shows an end by one as 128 and its number. */
const SIGNALS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  ABRT: 6,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
};

/**
 * The channel that is worth playing: the first shell, else the first command with a terminal, else the first
 * command. Refused ones count only where there is no other. Reads no further than it must.
 */
export async function findTerminalChannel(parts: AsyncIterable<ExportedPart>): Promise<number | undefined> {
  let found: { channel: number; rank: number } | undefined;
  for await (const part of parts) {
    if (part.kind !== 'event' || part.event.type !== 'channel') continue;
    const rank = rankOf(part.event);
    if (rank > (found?.rank ?? 0)) found = { channel: part.event.channel, rank };
    if (rank === BEST) break;
  }
  return found?.channel;
}

const BEST = 4;

function rankOf({ kind, terminal, decision }: ChannelEvent): number {
  if (kind !== 'shell' && kind !== 'exec') return 0;
  if (decision === 'deny') return 1;
  if (kind === 'shell') return BEST;
  return terminal === undefined ? 2 : 3;
}

/**
 * One channel of a recording as asciicast, a line at a time: what the client saw, byte for byte where it is UTF-8, so
 * play it only in a terminal whose escape sequences you would trust the host with. Refusals and reviews of the whole
 * session are markers, and masked output. Holds one event at a time, and a line for each review; nothing where the channel
 * isn't in the recording.
 */
export async function* exportAsciicast(
  parts: AsyncIterable<ExportedPart>,
  options: AsciicastOptions,
): AsyncGenerator<string, void, undefined> {
  let session: RecordingHeader | undefined;
  let cast: Cast | undefined;
  const reviews = new Reviews();
  for await (const part of parts) {
    if (part.kind === 'header') session = part.header;
    if (part.kind !== 'event') continue;
    const { event, payload } = part;
    const review = event.type === 'review' ? reviews.tell(event) : undefined;
    if (event.type === 'channel' && event.channel === options.channel && session !== undefined && !cast) {
      cast = new Cast(options.version ?? 3, event);
      yield cast.header(session);
      // What it waited for came before it began.
      const before = event.review === undefined ? undefined : reviews.last(event.review);
      if (before !== undefined) yield cast.mark(event.at, before);
    }
    if (cast === undefined) continue;
    if (review !== undefined) yield cast.mark(event.at, review);
    const lines = cast.event(event, payload);
    if (lines !== '') yield lines;
  }
  const rest = cast?.rest() ?? '';
  if (rest !== '') yield rest;
}

/** What became of each review, in words. */
class Reviews {
  readonly #texts = new Map<string, string>();
  readonly #last = new Map<string, string>();

  tell(event: ReviewEvent): string {
    if (event.text !== undefined) this.#texts.set(event.review, event.text);
    const text = this.#texts.get(event.review);
    const words = `${outcome(event)}${text === undefined ? '' : `: ${text}`}${because(event)}`;
    this.#last.set(event.review, words);
    return words;
  }

  last(review: string): string | undefined {
    return this.#last.get(review);
  }
}

function outcome({ state, by = [], brokenGlass }: ReviewEvent): string {
  if (state === 'pending') return 'held';
  if (brokenGlass) return 'ran without approval';
  return by.length === 0 ? state : `${state} by ${by.map(({ displayName }) => displayName).join(', ')}`;
}

const because = ({ reason }: ReviewEvent): string => (reason === undefined ? '' : ` (${reason})`);

class Cast {
  readonly #version: AsciicastVersion;
  readonly #channel: ChannelEvent;
  readonly #output = { stdout: new TextJoiner(), stderr: new TextJoiner() };
  readonly #input = new TextJoiner();
  /** Microseconds from the channel's beginning to the last line. */
  #last = 0;
  /** When masked output was last marked. */
  #marked = Number.NEGATIVE_INFINITY;
  /** The terminal's own line discipline turns line feeds into both; without one there is nothing that did. */
  #afterReturn = false;

  constructor(version: AsciicastVersion, channel: ChannelEvent) {
    this.#version = version;
    this.#channel = channel;
  }

  header(session: RecordingHeader): string {
    const { terminal, command, at } = this.#channel;
    const { columns, rows } = size(terminal ?? PLAIN_SIZE);
    const about = {
      timestamp: Math.floor((Date.parse(session.startedAt) + at) / 1000),
      title: `${session.principal.displayName} on ${session.resource} (${session.profile})`,
      ...(command === undefined ? {} : { command }),
    };
    const type = terminal?.term;
    const head =
      this.#version === 3
        ? {
            version: 3,
            term: { cols: columns, rows, ...(type === undefined || type === '' ? {} : { type }) },
            ...about,
          }
        : {
            version: 2,
            width: columns,
            height: rows,
            ...about,
            ...(type === undefined || type === '' ? {} : { env: { TERM: type } }),
          };
    return `${JSON.stringify(head)}\n`;
  }

  /** The lines that an event makes, none for most. */
  event(event: RecordingEvent, payload: Uint8Array): string {
    const marker = refusal(event);
    const mark = marker === undefined ? '' : this.mark(event.at, marker);
    if (!('channel' in event) || event.channel !== this.#channel.channel) return mark;
    switch (event.type) {
      case 'output':
        return (
          this.#text(event.at, 'o', this.#newlines(this.#output[event.stream].push(payload))) +
          this.#masked(event)
        );
      case 'input':
        return this.#text(event.at, 'i', this.#input.push(payload));
      case 'resize': {
        const { columns, rows } = size(event);
        return this.#line(event.at, 'r', `${columns}x${rows}`);
      }
      case 'exit':
        return this.rest(event.at) + this.#exit(event);
      default:
        return mark;
    }
  }

  /** What was left of characters that never were whole. */
  rest(at = this.#channel.at + this.#last / 1000): string {
    const { stdout, stderr } = this.#output;
    return this.#text(at, 'o', stdout.end() + stderr.end()) + this.#text(at, 'i', this.#input.end());
  }

  mark(at: number, label: string): string {
    return this.#line(at, 'm', label);
  }

  /** Behind the output, so that who goes there sees it. */
  #masked({ at, masked }: Extract<RecordingEvent, { type: 'output' }>): string {
    if (masked === undefined || at - this.#marked < MARKS_APART) return '';
    this.#marked = at;
    return this.mark(at, 'masked');
  }

  #exit(event: ExitEvent): string {
    // asciicast v2 knows no exit.
    if (this.#version === 2) return '';
    const signal = event.signal === undefined ? undefined : SIGNALS[event.signal.replace(/^SIG/, '')];
    const status = event.code ?? (signal === undefined ? undefined : 128 + signal);
    return status === undefined ? '' : this.#line(event.at, 'x', String(status));
  }

  #text(at: number, code: 'o' | 'i', text: string): string {
    return text === '' ? '' : this.#line(at, code, text);
  }

  #line(at: number, code: string, data: string): string {
    // What comes before the channel, or out of order, counts as now.
    const now = Math.max(this.#last, Math.round((at - this.#channel.at) * 1000));
    const time = this.#version === 3 ? now - this.#last : now;
    this.#last = now;
    return `[${(time / 1_000_000).toFixed(6)}, ${JSON.stringify(code)}, ${JSON.stringify(data)}]\n`;
  }

  #newlines(text: string): string {
    if (this.#channel.terminal !== undefined || text === '') return text;
    const returned = this.#afterReturn;
    this.#afterReturn = text.endsWith('\r');
    const whole = text.replaceAll(/(?<!\r)\n/g, '\r\n');
    return returned && text.startsWith('\n') ? whole.slice(1) : whole;
  }
}

/** A terminal has one column and one row at least; clients that don't know theirs say 0. */
const size = ({ columns, rows }: { readonly columns: number; readonly rows: number }) => ({
  columns: columns > 0 ? columns : PLAIN_SIZE.columns,
  rows: rows > 0 ? rows : PLAIN_SIZE.rows,
});

function refusal(event: RecordingEvent): string | undefined {
  if ((event.type !== 'channel' && event.type !== 'file') || event.decision !== 'deny') return undefined;
  const what =
    event.type === 'file' ? `${event.operation} ${event.path}` : (event.command ?? destination(event));
  return `refused: ${what}${event.reason === undefined ? '' : ` (${event.reason})`}`;
}

const destination = ({ kind, direction, destination: there }: ChannelEvent): string =>
  there === undefined ? kind : `${kind} ${direction === 'in' ? 'from' : 'to'} ${there.host}:${there.port}`;
