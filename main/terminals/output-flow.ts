import { TERMINAL_CREDIT } from '../ipc/terminal-port.ts';

/** Most bytes of one message: a page that is behind shows these before it looks at its keys again. */
const LARGEST_MESSAGE = 128 * 1024;

export interface OutputFlowParts {
  /** Gets bytes in a buffer of their own. */
  readonly send: (data: Uint8Array<ArrayBuffer>) => void;
  readonly pause: () => void;
  readonly resume: () => void;
  /** Runs `task` once what is under way in this turn has come. */
  readonly soon: (task: () => void) => void;
}

/**
 * Output on its way to the page: gathers what comes in one turn into one message, counts what isn't acknowledged,
 * and has the program wait while that is more than the page can take.
 */
export class OutputFlow {
  readonly #parts: OutputFlowParts;
  #gathered: Uint8Array[] = [];
  #size = 0;
  #unacknowledged = 0;
  #paused = false;
  #scheduled = false;

  constructor(parts: OutputFlowParts) {
    this.#parts = parts;
  }

  /** Whether the program has to wait. */
  get paused(): boolean {
    return this.#paused;
  }

  add(data: Uint8Array): void {
    if (data.length === 0) return;
    this.#gathered.push(data);
    this.#size += data.length;
    this.#unacknowledged += data.length;
    if (this.#size >= LARGEST_MESSAGE) this.flush();
    else this.#flushSoon();
    if (!this.#paused && this.#unacknowledged >= TERMINAL_CREDIT) {
      this.#paused = true;
      this.#parts.pause();
    }
  }

  /** Sends what is gathered. */
  flush(): void {
    if (this.#size === 0) return;
    const data = new Uint8Array(this.#size);
    let at = 0;
    for (const piece of this.#gathered) {
      data.set(piece, at);
      at += piece.length;
    }
    this.#gathered = [];
    this.#size = 0;
    this.#parts.send(data);
  }

  /** The page has shown so many bytes. */
  acknowledge(bytes: number): void {
    this.#unacknowledged = Math.max(0, this.#unacknowledged - bytes);
    // Half: so that a page which is just fast enough isn't told to stop and go for each message.
    if (this.#paused && this.#unacknowledged <= TERMINAL_CREDIT / 2) this.#goOn();
  }

  /** The page is gone: nothing is under way to it any more. */
  reset(): void {
    this.#gathered = [];
    this.#size = 0;
    this.#unacknowledged = 0;
    if (this.#paused) this.#goOn();
  }

  #goOn(): void {
    this.#paused = false;
    this.#parts.resume();
  }

  #flushSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#parts.soon(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
