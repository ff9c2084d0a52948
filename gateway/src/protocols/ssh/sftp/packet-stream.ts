import { PACKET_HEADER } from './packet-type.ts';

/** Pieces of one packet that are kept apart; more of them are put together, so that tiny ones cost no more than their bytes. */
const MOST_PIECES = 256;

export interface PacketSink {
  /** Checks what a header says before the packet is waited for. Throws to end it all. */
  header(type: number, length: number): void;
  /** `buffer[start..end)` is one whole packet. @returns false when it has to wait; it comes again after `resume`. */
  packet(buffer: Buffer, start: number, end: number): boolean;
  /** All packets that were whole have been seen. */
  done(): void;
}

/** Cuts chunks into packets. A chunk that holds whole packets is not copied; one packet in many chunks is copied once. */
export class PacketStream {
  readonly #sink: PacketSink;
  #pieces: Buffer[] = [];
  #length = 0;
  #needed = PACKET_HEADER;
  #held = false;

  constructor(sink: PacketSink) {
    this.#sink = sink;
  }

  /** A packet waits for `resume`. */
  get held(): boolean {
    return this.#held;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#keep(chunk);
    if (!this.#held && this.#length >= this.#needed) this.#go();
  }

  /** Goes on where it had to wait. */
  resume(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#go();
  }

  #go(): void {
    const buffer = this.#take();
    let at = 0;
    let needed: number = PACKET_HEADER;
    while (buffer.length - at >= PACKET_HEADER) {
      const length = buffer.readUInt32BE(at);
      this.#sink.header(buffer[at + 4] ?? 0, length);
      needed = 4 + length;
      if (buffer.length - at < needed) break;
      if (!this.#sink.packet(buffer, at, at + needed)) {
        this.#held = true;
        break;
      }
      at += needed;
      needed = PACKET_HEADER;
    }
    if (at < buffer.length) this.#keep(at === 0 ? buffer : buffer.subarray(at));
    this.#needed = needed;
    this.#sink.done();
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#pieces.length >= MOST_PIECES) this.#pieces = [Buffer.concat(this.#pieces, this.#length)];
  }

  #take(): Buffer {
    const [only] = this.#pieces;
    const whole =
      this.#pieces.length === 1 && only !== undefined ? only : Buffer.concat(this.#pieces, this.#length);
    this.#pieces = [];
    this.#length = 0;
    return whole;
  }
}
