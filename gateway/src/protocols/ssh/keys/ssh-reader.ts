/** What was read is not in the form that it should have. Says which field, never its content. */
export class MalformedSshData extends Error {
  override readonly name = 'MalformedSshData';
}

/** Reads the data types of RFC 4251 section 5 out of bytes that somebody else wrote. */
export class SshReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** How many bytes have been read. */
  get offset(): number {
    return this.#at;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  uint64(): bigint {
    return this.#take(8).readBigUInt64BE();
  }

  /** A `string`: a view, not a copy. */
  string(): Buffer {
    return this.#take(this.uint32());
  }

  text(): string {
    return this.string().toString('utf8');
  }

  /** @throws MalformedSshData where something follows. */
  end(): void {
    if (!this.atEnd) throw new MalformedSshData('more bytes than fields');
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new MalformedSshData('fewer bytes than fields');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
