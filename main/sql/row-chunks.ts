import { SQL_CREDIT } from '../ipc/sql-port.ts';

/** A chunk is handed on when it has this many rows, or before it would have more bytes than this. */
const ROWS = 1_000;
const BYTES = 128 * 1024;

export interface RowChunk {
  readonly count: number;
  readonly frames: Uint8Array;
}

/**
 * Gathers DataRow frames into chunks of bytes of their own, and counts how many of them are under way to the
 * console: what isn't acknowledged is what it hasn't taken over yet.
 */
export class RowChunks {
  readonly #send: (chunk: RowChunk) => void;
  readonly #buffer = new Uint8Array(BYTES);
  #bytes = 0;
  #count = 0;
  #unacknowledged = 0;

  constructor(send: (chunk: RowChunk) => void) {
    this.#send = send;
  }

  /** Whether the console has enough to do, so that nothing more should be read. */
  get full(): boolean {
    return this.#unacknowledged >= SQL_CREDIT;
  }

  add(frame: Uint8Array): void {
    if (this.#bytes + frame.length > BYTES) this.flush();
    if (frame.length > BYTES) {
      this.#hand(1, new Uint8Array(frame));
      return;
    }
    this.#buffer.set(frame, this.#bytes);
    this.#bytes += frame.length;
    this.#count += 1;
    if (this.#count >= ROWS) this.flush();
  }

  /** Sends what is gathered. */
  flush(): void {
    if (this.#count === 0) return;
    const count = this.#count;
    // Exactly as large as its content: a message port copies the whole buffer behind a view.
    const frames = this.#buffer.slice(0, this.#bytes);
    this.drop();
    this.#hand(count, frames);
  }

  /** Forgets what is gathered. */
  drop(): void {
    this.#bytes = 0;
    this.#count = 0;
  }

  acknowledge(): void {
    if (this.#unacknowledged > 0) this.#unacknowledged -= 1;
  }

  #hand(count: number, frames: Uint8Array): void {
    this.#unacknowledged += 1;
    this.#send({ count, frames });
  }
}
