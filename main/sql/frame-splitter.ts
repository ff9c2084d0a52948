/** Most bytes that a message may have; PostgreSQL's own limit of a row is a gigabyte. */
const LARGEST_FRAME = 256 * 1024 * 1024;
const HEAD = 5;

/** The bytes are no messages of PostgreSQL, or larger than any that is taken. */
export class MalformedFrame extends Error {
  override readonly name = 'MalformedFrame';
}

/**
 * Cuts the stream from the gateway into messages, whatever the pieces it comes in. A frame is handed on as it
 * came, type and length included; it may be a view that is only valid during the call.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export class FrameSplitter {
  readonly #onFrame: (type: number, frame: Buffer) => void;
  /** What has come of a frame that isn't whole yet. */
  readonly #pieces: Buffer[] = [];
  #held = 0;
  /** Bytes of that frame, once its head is there. */
  #wanted: number | undefined;

  constructor(onFrame: (type: number, frame: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** @throws MalformedFrame */
  feed(chunk: Buffer): void {
    let rest = chunk;
    if (this.#held > 0) {
      const joined = this.#join(rest);
      if (joined === undefined) return;
      rest = joined;
    }
    for (;;) {
      if (rest.length < HEAD) break;
      const size = sizeOf(rest);
      if (rest.length < size) {
        this.#wanted = size;
        break;
      }
      const frame = rest.subarray(0, size);
      rest = rest.subarray(size);
      this.#onFrame(frame[0] ?? 0, frame);
    }
    // A copy: the reader's buffer is used again.
    if (rest.length > 0) this.#hold(Buffer.from(rest));
  }

  /** Completes the frame that was begun, hands it on, and gives what is behind it; undefined while it isn't whole. */
  #join(chunk: Buffer): Buffer | undefined {
    if (this.#wanted === undefined) {
      const head = Buffer.concat([...this.#pieces, chunk]);
      this.#drop();
      return head;
    }
    const missing = this.#wanted - this.#held;
    if (chunk.length < missing) {
      this.#hold(Buffer.from(chunk));
      return undefined;
    }
    const frame = Buffer.concat([...this.#pieces, chunk.subarray(0, missing)], this.#wanted);
    this.#drop();
    this.#onFrame(frame[0] ?? 0, frame);
    return chunk.subarray(missing);
  }

  #hold(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#held += piece.length;
  }

  #drop(): void {
    this.#pieces.length = 0;
    this.#held = 0;
    this.#wanted = undefined;
  }
}

function sizeOf(bytes: Buffer): number {
  const length = bytes.readUInt32BE(1);
  if (length < 4 || length > LARGEST_FRAME)
    throw new MalformedFrame('the gateway sent a message of an impossible length');
  return 1 + length;
}
