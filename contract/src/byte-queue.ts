/** Bytes that come in pieces, taken in the lengths a format asks for. Holds no more than was asked for and one piece. */
export class ByteQueue {
  readonly #source: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);
  #view = new DataView(this.#held.buffer);
  #offset = 0;
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#source =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** How many bytes can be taken without waiting. */
  get available(): number {
    return this.#held.length - this.#offset;
  }

  /** Whether `count` bytes can be taken, after waiting for them. */
  async has(count: number): Promise<boolean> {
    if (this.available >= count) return true;
    const pieces = [this.#held.subarray(this.#offset)];
    let total = this.available;
    while (total < count && !this.#ended) {
      const next = await this.#source.next();
      if (next.done === true) this.#ended = true;
      else {
        pieces.push(next.value);
        total += next.value.length;
      }
    }
    const last = pieces.at(-1);
    this.#held =
      pieces.length === 2 && pieces[0]?.length === 0 && last !== undefined ? last : join(pieces, total);
    this.#view = new DataView(this.#held.buffer, this.#held.byteOffset, this.#held.byteLength);
    this.#offset = 0;
    return total >= count;
  }

  /** The big-endian number `at` bytes ahead, which must be there (`has`). */
  peekUint32(at: number): number {
    return this.#view.getUint32(this.#offset + at);
  }

  /** The next bytes, which must be there (`has`); a view that stays valid. */
  take(count: number): Uint8Array {
    const taken = this.#held.subarray(this.#offset, this.#offset + count);
    this.#offset += count;
    return taken;
  }

  takeUint32(): number {
    const value = this.peekUint32(0);
    this.#offset += 4;
    return value;
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#source.return?.();
  }
}

function join(pieces: readonly Uint8Array[], total: number): Uint8Array {
  const whole = new Uint8Array(total);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
