const NEWLINE = 0x0a;

/** The last bytes that a program wrote, for a page that comes back. */
export class Backlog {
  readonly #limit: number;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #cut = false;

  /** Keeps at most `limit` bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes over `chunk`, which nobody changes from then on. */
  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size > this.#limit) {
      const first = this.#chunks[0];
      if (first === undefined) return;
      this.#cut = true;
      const excess = this.#size - this.#limit;
      if (first.length <= excess) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(excess);
      this.#size -= Math.min(first.length, excess);
    }
  }

  /** A copy. Where the beginning is gone it starts with a whole line, not in the middle of a character or a sequence. */
  bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return this.#cut ? all.slice(all.indexOf(NEWLINE) + 1) : all;
  }
}
