/** Bytes of one value, as far as they are known: `null` is SQL NULL, undefined where the row has no such column. */
export type CellBytes = Uint8Array | null | undefined;

interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where each row's frame begins in `bytes`. */
  readonly offsets: Int32Array;
  /** Index of the first row in the whole result. */
  readonly first: number;
}

const DATA_ROW = 0x44; // 'D'
/** Type byte, length, number of columns. */
const ROW_HEAD = 7;

/**
 * The rows of one result, kept as the PostgreSQL DataRow frames they came in. A row costs its own bytes and four
 * more; nothing is decoded until it is looked at, so that a million rows are a few thousand objects.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW
 */
export class RowStore {
  #chunks: Chunk[] = [];
  #length = 0;
  #bytes = 0;
  /** The chunk that was asked last: neighbours are read together. */
  #last: Chunk | undefined;

  get length(): number {
    return this.#length;
  }

  /** What the frames and their index hold, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds frames that stand one after the other.
   * @returns how many rows they were.
   * @throws RangeError when they are anything but whole DataRow frames; nothing is added then.
   */
  append(frames: Uint8Array): number {
    // A view into something larger would keep all of it alive.
    const bytes = frames.byteLength * 2 < frames.buffer.byteLength ? frames.slice() : frames;
    const offsets = indexFrames(bytes);
    if (offsets.length === 0) return 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#chunks.push({ bytes, view, offsets, first: this.#length });
    this.#length += offsets.length;
    this.#bytes += bytes.byteLength + offsets.byteLength;
    return offsets.length;
  }

  /** The value's bytes as a view into the store; a value that is cut off counts as missing. */
  cell(row: number, column: number): CellBytes {
    const chunk = this.#chunkOf(row);
    if (chunk === undefined) return undefined;
    const start = chunk.offsets[row - chunk.first] ?? 0;
    const end = start + 1 + chunk.view.getUint32(start + 1);
    if (start + ROW_HEAD > end || column >= chunk.view.getUint16(start + 5)) return undefined;
    let offset = start + ROW_HEAD;
    for (let index = 0; ; index++) {
      if (offset + 4 > end) return undefined;
      const length = chunk.view.getInt32(offset);
      offset += 4;
      if (index === column) {
        if (length === -1) return null;
        return length < 0 || offset + length > end
          ? undefined
          : chunk.bytes.subarray(offset, offset + length);
      }
      offset += Math.max(0, length);
    }
  }

  clear(): void {
    this.#chunks = [];
    this.#length = 0;
    this.#bytes = 0;
    this.#last = undefined;
  }

  #chunkOf(row: number): Chunk | undefined {
    if (row < 0 || row >= this.#length) return undefined;
    const last = this.#last;
    if (last && row >= last.first && row < last.first + last.offsets.length) return last;
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#chunks[middle]?.first ?? 0) <= row) low = middle;
      else high = middle - 1;
    }
    this.#last = this.#chunks[low];
    return this.#last;
  }
}

function indexFrames(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  for (let offset = 0; offset < bytes.length; count++) offset = frameEnd(bytes, view, offset);
  const offsets = new Int32Array(count);
  for (let offset = 0, index = 0; index < count; index++) {
    offsets[index] = offset;
    offset += 1 + view.getUint32(offset + 1);
  }
  return offsets;
}

function frameEnd(bytes: Uint8Array, view: DataView, offset: number): number {
  if (offset + ROW_HEAD > bytes.length || bytes[offset] !== DATA_ROW)
    throw new RangeError('rows came in a form that is not known here');
  const end = offset + 1 + view.getUint32(offset + 1);
  if (end > bytes.length || end < offset + ROW_HEAD) throw new RangeError('a row is cut off');
  return end;
}
