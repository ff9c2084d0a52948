import type { RecordingEvent } from '@drawbridge/contract';

/** Something that changed a screen: bytes written to it, or its size. */
export type ScreenPiece =
  | { readonly at: number; readonly bytes: Uint8Array }
  | { readonly at: number; readonly columns: number; readonly rows: number };

/** What one channel showed: a shell, or a command. */
export interface RecordedScreen {
  readonly channel: number;
  readonly what: 'shell' | 'exec';
  readonly command: string | undefined;
  /** When it was asked for, in milliseconds since the start. */
  readonly at: number;
  /** Size it began with; what has no terminal of its own is shown in a usual one. */
  readonly columns: number;
  readonly rows: number;
  /** Without one, lines end in a line feed alone. */
  readonly terminal: boolean;
  /** In order of time. */
  readonly pieces: ScreenPiece[];
  /** Bytes in `pieces`. */
  bytes: number;
  /** Bytes left out, so that a long recording stays within what a page may hold. */
  omitted: number;
  endedAt?: number;
}

/** Of what has no terminal, or none whose size is known. */
const USUAL = { columns: 100, rows: 24 } as const;
const MOST_BYTES = 256 * 2 ** 20;
/** What a piece takes beside its bytes, roughly. */
const PIECE_COST = 200;

/** What the screens of a recording showed, as its events come. */
export class TerminalOutput {
  /** In the order they were opened. */
  readonly screens: RecordedScreen[] = [];
  readonly #byChannel = new Map<number, RecordedScreen>();
  readonly #most: number;
  #held = 0;

  constructor(most = MOST_BYTES) {
    this.#most = most;
  }

  add(event: RecordingEvent, payload?: Uint8Array): void {
    switch (event.type) {
      case 'channel': {
        if (event.decision === 'deny' || (event.kind !== 'shell' && event.kind !== 'exec')) return;
        const { columns, rows } = event.terminal ?? USUAL;
        const screen: RecordedScreen = {
          channel: event.channel,
          what: event.kind,
          command: event.command,
          at: event.at,
          ...sizeOf(columns, rows),
          terminal: event.terminal !== undefined,
          pieces: [],
          bytes: 0,
          omitted: 0,
        };
        this.#byChannel.set(event.channel, screen);
        this.screens.push(screen);
        return;
      }
      case 'output':
        if (payload !== undefined) this.#output(event.channel, event.at, payload);
        return;
      case 'resize':
        this.#byChannel
          .get(event.channel)
          ?.pieces.push({ at: event.at, ...sizeOf(event.columns, event.rows) });
        return;
      case 'exit': {
        const screen = this.#byChannel.get(event.channel);
        if (screen) screen.endedAt = event.at;
        return;
      }
      default:
    }
  }

  #output(channel: number, at: number, bytes: Uint8Array): void {
    const screen = this.#byChannel.get(channel);
    if (screen === undefined) return;
    if (this.#held >= this.#most) {
      screen.omitted += bytes.length;
      return;
    }
    this.#held += bytes.length + PIECE_COST;
    screen.bytes += bytes.length;
    screen.pieces.push({ at, bytes });
  }
}

/** A size as it can be shown: zero is what a client says that doesn't know (RFC 4254, section 6.2), and the rest may be hostile. */
const sizeOf = (columns: number, rows: number) => ({
  columns: columns <= 0 ? USUAL.columns : Math.min(500, Math.max(2, columns)),
  rows: rows <= 0 ? USUAL.rows : Math.min(300, rows),
});

/** How many of the pieces there are up to and with `at`. */
export function piecesUntil(pieces: readonly ScreenPiece[], at: number): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pieces[middle]?.at ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
