import type { Writable } from 'node:stream';

/** What one chunk becomes: packets as they came and packets of our own, sent with one write. Packets that touch leave as one slice. */
export class Outbox {
  readonly #pieces: Buffer[] = [];
  #source: Buffer | undefined;
  #from = 0;
  #to = 0;
  #sent = 0;

  /** Bytes sent so far. */
  get sent(): number {
    return this.#sent;
  }

  pass(buffer: Buffer, from: number, to: number): void {
    if (this.#source === buffer && this.#to === from) {
      this.#to = to;
      return;
    }
    this.#endRun();
    this.#source = buffer;
    this.#from = from;
    this.#to = to;
  }

  put(packet: Buffer): void {
    this.pass(packet, 0, packet.length);
  }

  flush(stream: Writable): void {
    this.#endRun();
    const [first, second] = this.#pieces;
    if (first === undefined) return;
    const whole = second === undefined ? first : Buffer.concat(this.#pieces);
    this.#pieces.length = 0;
    this.#sent += whole.length;
    stream.write(whole);
  }

  #endRun(): void {
    if (this.#source !== undefined) this.#pieces.push(this.#source.subarray(this.#from, this.#to));
    this.#source = undefined;
  }
}
