import { isUtf8 } from 'node:buffer';

/** What a message says is not what its type allows. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/** Reads the fields of one message in order; whatever runs over its end is malformed. */
export class MessageReader {
  readonly #buffer: Buffer;
  readonly #end: number;
  #at: number;

  constructor(buffer: Buffer, start: number, end: number) {
    this.#buffer = buffer;
    this.#at = start;
    this.#end = end;
  }

  /** Where in the buffer the next field begins. */
  get at(): number {
    return this.#at;
  }

  get atEnd(): boolean {
    return this.#at === this.#end;
  }

  byte(): number {
    const at = this.#advance(1);
    return this.#buffer.readUInt8(at);
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#advance(2));
  }

  /** A count: what PostgreSQL reads as unsigned. */
  uint16(): number {
    return this.#buffer.readUInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#advance(4));
  }

  /** `length` bytes, not copied. */
  bytes(length: number): Buffer {
    if (length < 0) throw new MalformedMessage('a length is negative');
    const at = this.#advance(length);
    return this.#buffer.subarray(at, at + length);
  }

  /** A string without its terminator, not copied. */
  cstringBytes(): Buffer {
    const start = this.#at;
    const zero = this.#buffer.indexOf(0, start);
    if (zero < 0 || zero >= this.#end) throw new MalformedMessage('a string has no end');
    this.#at = zero + 1;
    return this.#buffer.subarray(start, zero);
  }

  /** A string; must be UTF-8, since that is the encoding of every session. */
  cstring(): string {
    // Most portals have no name.
    if (this.#buffer[this.#at] === 0 && this.#at < this.#end) {
      this.#at += 1;
      return '';
    }
    const bytes = this.cstringBytes();
    if (!isUtf8(bytes)) throw new MalformedMessage('a string is not UTF-8');
    return bytes.toString('utf8');
  }

  /** Nothing may follow. */
  finish(): void {
    if (this.#at !== this.#end) throw new MalformedMessage('there is more than belongs to it');
  }

  #advance(length: number): number {
    const at = this.#at;
    if (at + length > this.#end) throw new MalformedMessage('it ends too early');
    this.#at = at + length;
    return at;
  }
}
