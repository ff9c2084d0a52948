import { Duplex } from 'node:stream';

/**
 * The same bytes both ways, but whoever ends it doesn't end what is below. ssh2 hangs up as soon as the other side says
 * goodbye; the gateway's reason comes after that.
 */
export class HeldStream extends Duplex {
  readonly #below: Duplex;

  constructor(below: Duplex) {
    super({ allowHalfOpen: false });
    this.#below = below;
    below.on('data', (chunk: Buffer) => {
      if (!this.destroyed && !this.push(chunk)) below.pause();
    });
    below.on('end', () => this.#over());
    below.on('close', () => this.#over());
    below.on('error', (error) => this.destroy(error));
  }

  override _read(): void {
    this.#below.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#below.writable) this.#below.write(chunk, done);
    else done(new Error('the connection is closed'));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // Read on: behind what is left comes the end, with its reason.
    this.#below.resume();
    done(error);
  }

  #over(): void {
    if (!this.destroyed) this.push(null);
  }
}
