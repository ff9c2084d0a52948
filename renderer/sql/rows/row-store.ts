/** Bytes of one value, as far as they are known: `null` is SQL NULL, undefined where the row has no such column. */
export type CellBytes = Uint8Array | null | undefined;

const DATA_ROW = 0x44; // 'D'
/** Type byte, length, number of columns. */
const ROW_HEAD = 7;
/** Size of a block once a result is large; a small one keeps to what it needs. */
const BLOCK = 1 << 20;
/** Most that a number takes in a block: seven bits a byte. */
const LONGEST = 5;

/**
 * The rows of one result, from the PostgreSQL DataRow frames they come in. Each row is kept as its number of columns
 * and, for each value, its length (0 for NULL, else one more) and its bytes: about a quarter less than the frames.
 * Nothing is decoded until it is looked at; a million rows are some hundred blocks and no objects of their own.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW
 */
export class RowStore {
  #blocks: Block[] = [];
  #length = 0;
  #bytes = 0;
  /** The block that was asked last: neighbours are read together. */
  #last: Block | undefined;

  get length(): number {
    return this.#length;
  }

  /** What rows and index hold, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds frames that stand one after the other; they aren't kept.
   * @returns how many rows they were.
   * @throws RangeError when they are anything but whole DataRow frames; nothing is added then.
   */
  append(frames: Uint8Array): number {
    const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength);
    const count = checkFrames(frames, view);
    let offset = 0;
    for (let row = 0; row < count; row++) {
      const end = offset + 1 + view.getUint32(offset + 1);
      this.#blockFor(end - offset, frames.length - offset).add(frames, view, offset, end);
      offset = end;
    }
    this.#length += count;
    return count;
  }

  /** The value's bytes as a view into the store. */
  cell(row: number, column: number): CellBytes {
    const block = this.#blockOf(row);
    return block?.cell(row - block.first, column);
  }

  clear(): void {
    this.#blocks = [];
    this.#length = 0;
    this.#bytes = 0;
    this.#last = undefined;
  }

  /** The block that takes a frame of `size` bytes; `rest` is what is known to come. */
  #blockFor(size: number, rest: number): Block {
    const last = this.#blocks.at(-1);
    // A row never gets larger here: a length of four bytes becomes five only for values beyond 256 MB.
    const needed = size + LONGEST;
    if (last?.hasRoom(needed)) return last;
    if (last) this.#bytes -= last.trim();
    const wanted = Math.min(BLOCK, Math.max(rest + LONGEST, this.#bytes));
    const first = last === undefined ? 0 : last.first + last.rows;
    const block = new Block(first, Math.max(needed, wanted));
    this.#blocks.push(block);
    this.#bytes += block.size;
    return block;
  }

  #blockOf(row: number): Block | undefined {
    if (row < 0 || row >= this.#length) return undefined;
    const last = this.#last;
    if (last && row >= last.first && row < last.first + last.rows) return last;
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#blocks[middle]?.first ?? 0) <= row) low = middle;
      else high = middle - 1;
    }
    this.#last = this.#blocks[low];
    return this.#last;
  }
}

/** Some rows in one piece of memory. */
class Block {
  readonly first: number;
  rows = 0;
  #bytes: Uint8Array;
  #used = 0;
  /** Where each row begins. */
  #offsets: Int32Array;

  constructor(first: number, capacity: number) {
    this.first = first;
    this.#bytes = new Uint8Array(capacity);
    this.#offsets = new Int32Array(Math.max(1, Math.ceil(capacity / 32)));
  }

  get size(): number {
    return this.#bytes.byteLength + this.#offsets.byteLength;
  }

  hasRoom(bytes: number): boolean {
    return this.#used + bytes <= this.#bytes.length;
  }

  /** Gives back what its index doesn't use. @returns bytes given back. */
  trim(): number {
    const before = this.size;
    this.#offsets = this.#offsets.slice(0, this.rows);
    return before - this.size;
  }

  /** The frame was checked: `checkFrames`. */
  add(frames: Uint8Array, view: DataView, start: number, end: number): void {
    if (this.rows === this.#offsets.length) {
      const grown = new Int32Array(this.#offsets.length * 2);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[this.rows++] = this.#used;
    this.#number(view.getUint16(start + 5));
    for (let at = start + ROW_HEAD; at < end; ) {
      const length = view.getInt32(at);
      at += 4;
      this.#number(length + 1);
      if (length > 0) this.#copy(frames, at, length);
      at += Math.max(0, length);
    }
  }

  cell(row: number, column: number): CellBytes {
    const bytes = this.#bytes;
    let at = this.#offsets[row] ?? 0;
    let value = 0;
    const next = () => {
      value = 0;
      for (let shift = 1; ; shift *= 128) {
        const byte = bytes[at++] ?? 0;
        // Not `<<`: a value may be longer than 31 bits can say.
        value += (byte & 0x7f) * shift;
        if (byte < 0x80) return value;
      }
    };
    if (column >= next()) return undefined;
    for (let index = 0; index < column; index++) {
      const skipped = next() - 1;
      at += Math.max(0, skipped);
    }
    const length = next() - 1;
    return length < 0 ? null : bytes.subarray(at, at + length);
  }

  #number(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#used++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#used++] = rest;
  }

  #copy(frames: Uint8Array, at: number, length: number): void {
    const bytes = this.#bytes;
    let used = this.#used;
    if (length > 48) bytes.set(frames.subarray(at, at + length), used);
    // Most values are short, and a loop is faster than a call with a view for each.
    else for (let index = 0; index < length; index++) bytes[used + index] = frames[at + index] ?? 0;
    used += length;
    this.#used = used;
  }
}

/** @returns how many whole rows stand in `frames`, each value inside its row. */
function checkFrames(frames: Uint8Array, view: DataView): number {
  let count = 0;
  for (let offset = 0; offset < frames.length; count++) {
    if (offset + ROW_HEAD > frames.length || frames[offset] !== DATA_ROW)
      throw new RangeError('rows came in a form that is not known here');
    const end = offset + 1 + view.getUint32(offset + 1);
    if (end > frames.length || end < offset + ROW_HEAD) throw new RangeError('a row is cut off');
    let at = offset + ROW_HEAD;
    for (let column = view.getUint16(offset + 5); column > 0; column--) {
      if (at + 4 > end) throw new RangeError('a row is cut off within its columns');
      const length = view.getInt32(at);
      at += 4 + Math.max(0, length);
      if (length < -1 || at > end) throw new RangeError('a value is longer than its row');
    }
    if (at !== end) throw new RangeError('a row is longer than its columns');
    offset = end;
  }
  return count;
}
