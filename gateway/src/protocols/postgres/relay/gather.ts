import type { Writable } from 'node:stream';

/** Rewritten bytes are put together in blocks of this size. */
const BLOCK = 64 * 1024;
/** Up to this size it is cheaper to copy pieces into one buffer than to hand several to the system. */
const COPY = 16 * 1024;
/** A run this short between rewritten bytes is copied to them, so that both stay one piece. */
const SHORT = 512;

/**
 * What one chunk becomes: runs of it as they came, and bytes put in their place. Runs that touch are one run, so a chunk
 * that passes untouched leaves as one slice in one write.
 */
export class Gather {
  readonly #pieces: Buffer[] = [];
  #source: Buffer | undefined;
  #from = 0;
  #to = 0;

  #block: Buffer = Buffer.alloc(0);
  #blockAt = 0;

  /** Lets `buffer[from..to)` pass as it is. */
  pass(buffer: Buffer, from: number, to: number): void {
    if (this.#source === buffer && this.#to === from) {
      this.#to = to;
      return;
    }
    const length = to - from;
    if (this.#source === this.#block && length <= SHORT && this.#block.length - this.#blockAt >= length) {
      buffer.copy(this.#block, this.#blockAt, from, to);
      this.wrote(this.#blockAt + length);
      return;
    }
    this.#endRun();
    this.#source = buffer;
    this.#from = from;
    this.#to = to;
  }

  /** Sends a message of our own. */
  put(message: Buffer): void {
    this.pass(message, 0, message.length);
  }

  /** A buffer with `size` bytes of room from `roomAt` on, to be followed by `wrote`. */
  room(size: number): Buffer {
    if (this.#block.length - this.#blockAt < size) {
      this.#endRun();
      this.#block = Buffer.allocUnsafeSlow(Math.max(BLOCK, size));
      this.#blockAt = 0;
    }
    return this.#block;
  }

  get roomAt(): number {
    return this.#blockAt;
  }

  /** What was written to the room ends here. */
  wrote(end: number): void {
    if (this.#source === this.#block && this.#to === this.#blockAt) {
      this.#to = end;
    } else {
      this.#endRun();
      this.#source = this.#block;
      this.#from = this.#blockAt;
      this.#to = end;
    }
    this.#blockAt = end;
  }

  get empty(): boolean {
    return this.#source === undefined && this.#pieces.length === 0;
  }

  /** Writes all that was gathered with one write. */
  flush(stream: Writable): void {
    this.#endRun();
    const pieces = this.#pieces;
    if (pieces.length === 0) return;
    if (pieces.length === 1 && pieces[0] !== undefined) {
      stream.write(pieces[0]);
    } else {
      let total = 0;
      for (const piece of pieces) total += piece.length;
      if (total <= COPY) {
        stream.write(Buffer.concat(pieces, total));
      } else {
        stream.cork();
        for (const piece of pieces) stream.write(piece);
        stream.uncork();
      }
    }
    pieces.length = 0;
  }

  #endRun(): void {
    const source = this.#source;
    if (source === undefined) return;
    const whole = this.#from === 0 && this.#to === source.length;
    if (this.#to > this.#from) this.#pieces.push(whole ? source : source.subarray(this.#from, this.#to));
    this.#source = undefined;
  }
}
