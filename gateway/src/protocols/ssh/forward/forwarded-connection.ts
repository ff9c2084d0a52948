import type { Channel } from 'ssh2';

const NOTHING = Buffer.alloc(0);

/** Bytes that went to the target, and to the client. */
export interface ForwardedBytes {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/**
 * Joins two channels, byte for byte: each side is read as long as the other takes what comes, one that ends leaves the
 * other way open, and one that closes closes the other when it has all.
 */
export class ForwardedConnection {
  readonly #client: Channel;
  readonly #target: Channel;
  readonly #done: (bytes: ForwardedBytes) => void;
  readonly #ended = new Set<Channel>();
  readonly #closed = new Set<Channel>();
  #bytesIn = 0;
  #bytesOut = 0;
  #over = false;

  /** @param done called once, when both are closed or `end` was called. */
  constructor(client: Channel, target: Channel, done: (bytes: ForwardedBytes) => void) {
    this.#client = client;
    this.#target = target;
    this.#done = done;
    this.#relay(client, target, (bytes) => {
      this.#bytesIn += bytes;
    });
    this.#relay(target, client, (bytes) => {
      this.#bytesOut += bytes;
    });
  }

  /** Closes both at once. */
  end(): void {
    if (this.#over) return;
    this.#finish();
    this.#client.destroy();
    this.#target.destroy();
    // Channels of ssh2 only close once everything has been read.
    this.#client.resume();
    this.#target.resume();
  }

  #relay(from: Channel, to: Channel, count: (bytes: number) => void): void {
    const onClose = () => this.#onClose(from, to);
    from.on('error', onClose).on('close', onClose);
    from.on('end', () => this.#onEnd(from, to));
    from.on('data', (chunk: Buffer) => {
      if (this.#over || this.#closed.has(to)) return;
      count(chunk.length);
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
  }

  /** Passes the end on behind the last byte. `end()` would close a channel of ssh2's server altogether. */
  #onEnd(from: Channel, to: Channel): void {
    if (this.#over || this.#closed.has(from) || this.#closed.has(to)) return;
    to.write(NOTHING, () => {
      to.eof();
      this.#ended.add(from);
      if (this.#ended.size < 2) return;
      this.#client.close();
      this.#target.close();
    });
  }

  #onClose(from: Channel, to: Channel): void {
    if (this.#closed.has(from)) return;
    this.#closed.add(from);
    if (this.#closed.has(to)) {
      this.#finish();
      return;
    }
    to.end(() => to.close());
    to.resume();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#done({ bytesIn: this.#bytesIn, bytesOut: this.#bytesOut });
  }
}
