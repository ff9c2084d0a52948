import { isUtf8 } from 'node:buffer';

/** A packet's contents are not what its type says. */
export class MalformedPacket extends Error {
  override readonly name = 'MalformedPacket';
}

/** A path that no policy can be asked about. The packet as such is well-formed. */
export class UncheckablePath extends Error {
  override readonly name = 'UncheckablePath';

  /** As far as it can be written down. */
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** Longest path, in bytes: what Linux takes (PATH_MAX). */
const MOST_PATH = 4096;

/** Reads the fields of one packet (RFC 4251 section 5). */
export class PacketReader {
  readonly #buffer: Buffer;
  readonly #end: number;
  #at: number;

  constructor(buffer: Buffer, start: number, end: number) {
    this.#buffer = buffer;
    this.#at = start;
    this.#end = end;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  uint32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  /** Exact up to 2^53. */
  uint64(): number {
    return Number(this.#buffer.readBigUInt64BE(this.#take(8)));
  }

  /** A `string`: bytes that stay valid as long as the packet's. */
  bytes(): Buffer {
    const length = this.uint32();
    const start = this.#take(length);
    return this.#buffer.subarray(start, start + length);
  }

  /** A `string` of which only the size matters. @returns its length. */
  skipBytes(): number {
    const length = this.uint32();
    this.#take(length);
    return length;
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  /** A handle: opaque bytes, as a string that has one character for each. */
  handle(): string {
    return this.bytes().toString('latin1');
  }

  /** A path that is the same for target, policy and recording. @throws UncheckablePath */
  path(): string {
    const bytes = this.bytes();
    const path = bytes.subarray(0, MOST_PATH).toString('utf8');
    if (bytes.length > MOST_PATH)
      throw new UncheckablePath(path, `the path is longer than ${MOST_PATH} bytes`);
    if (!isUtf8(bytes)) throw new UncheckablePath(path, "the path isn't UTF-8, so it can't be checked");
    // Where one side ends a string at NUL and the other doesn't, they speak of different files.
    if (bytes.includes(0)) throw new UncheckablePath(path, 'the path has a NUL character in it');
    return path;
  }

  /** The packet ends here. */
  finish(): void {
    if (this.left !== 0) throw new MalformedPacket(`${this.left} bytes too many`);
  }

  #take(count: number): number {
    if (count > this.left) throw new MalformedPacket('it ends too early');
    const at = this.#at;
    this.#at += count;
    return at;
  }
}

const Attribute = { size: 0x01, owner: 0x02, permissions: 0x04, times: 0x08, extended: 0x8000_0000 } as const;
const KNOWN = Attribute.size | Attribute.owner | Attribute.permissions | Attribute.times | Attribute.extended;

/** Walks over ATTRS (draft section 5). @throws MalformedPacket */
export function skipAttributes(reader: PacketReader): void {
  const flags = reader.uint32();
  if ((flags & ~KNOWN) !== 0) throw new MalformedPacket(`attributes ${flags.toString(16)}`);
  if (flags & Attribute.size) reader.uint64();
  if (flags & Attribute.owner) reader.uint64();
  if (flags & Attribute.permissions) reader.uint32();
  if (flags & Attribute.times) reader.uint64();
  if ((flags & Attribute.extended) === 0) return;
  for (let pairs = reader.uint32(); pairs > 0; pairs -= 1) {
    reader.skipBytes();
    reader.skipBytes();
  }
}
