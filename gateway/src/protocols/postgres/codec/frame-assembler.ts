const EMPTY = Buffer.alloc(0);
/** Type byte and length word: with them the whole frame's size is known. */
export const FRAME_HEADER = 5;

/**
 * Puts chunks together until they hold a whole frame, without copying what needs none: a chunk that begins a frame is
 * handed out as it came, and a frame that spans many chunks is copied once.
 */
export class FrameAssembler {
  #chunks: Buffer[] = [];
  #length = 0;
  #needed = FRAME_HEADER;

  /** Bytes kept for a frame whose rest is still to come. */
  get kept(): number {
    return this.#length;
  }

  /** @returns bytes that start with a frame and hold at least what `keep` said is needed; undefined until then. */
  add(chunk: Buffer): Buffer | undefined {
    if (this.#length === 0 && chunk.length >= this.#needed) return chunk;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return undefined;
    return this.take();
  }

  /** Keeps `buffer` from `at` on for later; `needed` bytes from there make the next step possible. */
  keep(buffer: Buffer, at: number, needed: number): void {
    if (at < buffer.length) {
      this.#chunks.push(at === 0 ? buffer : buffer.subarray(at));
      this.#length += buffer.length - at;
    }
    this.#needed = needed;
  }

  /** All that is kept, which is then forgotten. */
  take(): Buffer {
    const [first, second] = this.#chunks;
    const whole =
      first === undefined ? EMPTY : second === undefined ? first : Buffer.concat(this.#chunks, this.#length);
    this.#chunks = [];
    this.#length = 0;
    this.#needed = FRAME_HEADER;
    return whole;
  }
}
