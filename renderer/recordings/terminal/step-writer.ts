import type { RecordedScreen } from './terminal-output.ts';

/** Of a terminal, what replaying needs. */
export interface WritableTerminal {
  write(data: Uint8Array | string, done: () => void): void;
  resize(columns: number, rows: number): void;
  reset(): void;
}

/** Most bytes written at a time; between two steps whoever waits may think again. */
const STEP = 64 * 1024;

/** Writes the pieces of a screen to a terminal, a step at a time. */
export class StepWriter {
  readonly #terminal: WritableTerminal;
  readonly #screen: RecordedScreen;
  #position = 0;

  constructor(terminal: WritableTerminal, screen: RecordedScreen) {
    this.#terminal = terminal;
    this.#screen = screen;
    this.#terminal.resize(screen.columns, screen.rows);
  }

  /** How many pieces the terminal has. */
  get position(): number {
    return this.#position;
  }

  /** Writes some of the pieces up to `end`. @returns bytes written */
  async step(end: number): Promise<number> {
    const { pieces } = this.#screen;
    let written = 0;
    const chunks: Uint8Array[] = [];
    while (this.#position < end && written < STEP) {
      const piece = pieces[this.#position];
      if (piece === undefined) break;
      if ('columns' in piece) {
        // Everything before it has to be there: a size changes how text wraps.
        if (chunks.length > 0) break;
        this.#terminal.resize(piece.columns, piece.rows);
      } else {
        chunks.push(piece.bytes);
        written += piece.bytes.length;
      }
      this.#position++;
    }
    if (chunks.length > 0) await this.#write(joined(chunks, written));
    return written;
  }

  /** Begins anew: from nothing, or from a state as `Keyframes` keeps it. */
  async restart(from?: {
    readonly pieces: number;
    readonly columns: number;
    readonly rows: number;
    readonly text: string;
  }): Promise<void> {
    this.#terminal.reset();
    const { columns, rows } = from ?? this.#screen;
    this.#terminal.resize(columns, rows);
    this.#position = from?.pieces ?? 0;
    if (from !== undefined) await this.#write(from.text);
  }

  #write(data: Uint8Array | string): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(data, resolve));
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only) return only;
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
