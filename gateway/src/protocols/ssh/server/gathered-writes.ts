import type { Duplex } from 'node:stream';
import type { Ssh2Wire } from './ssh2-wire.ts';

/** Bytes that wait for a socket beyond which nothing more is relayed to it. */
const FULL = 1024 * 1024;
/** Beyond which nothing more is read from it either: what only answers (keepalives, refusals) must not pile up. */
const OVERFULL = 8 * 1024 * 1024;
/** Bytes after which a batch goes out at once. */
const BATCH = 128 * 1024;

/**
 * Puts together what ssh2 writes within one turn: it writes each packet in three pieces, which would be three
 * messages of a WebSocket. And knows whether the other side reads, which ssh2 does not ask.
 */
export class GatheredWrites {
  readonly #wire: Ssh2Wire;
  readonly #socket: Duplex;
  readonly #waiting = new Set<() => void>();
  #batch: Buffer[] = [];
  #length = 0;
  #heldBack = false;

  /** Takes over what `wire` writes from now on. */
  constructor(wire: Ssh2Wire, socket: Duplex) {
    this.#wire = wire;
    this.#socket = socket;
    wire._onWrite = this.#write;
    wire._cipher._onWrite = this.#write;
    socket.on('drain', this.#onDrain);
  }

  /** Whether to wait with `whenRelieved` before more is sent: the socket is full, or keys are being exchanged. */
  get full(): boolean {
    return this.#socket.writableLength + this.#length >= FULL || this.#wire._kexinit !== undefined;
  }

  /** Calls `task` once, as soon as it may go on; to be called only while `full`. */
  whenRelieved(task: () => void): void {
    this.#waiting.add(task);
  }

  /** To be called when an exchange of keys is over. */
  relieve(): void {
    if (this.full) return;
    const tasks = [...this.#waiting];
    this.#waiting.clear();
    for (const task of tasks) task();
  }

  flush(): void {
    if (this.#length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#length = 0;
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.cork();
    for (const piece of batch) this.#socket.write(piece);
    this.#socket.uncork();
    if (this.#socket.writableLength <= OVERFULL) return;
    this.#heldBack = true;
    this.#socket.pause();
  }

  readonly #write = (data: Buffer): void => {
    if (this.#length === 0) process.nextTick(this.#flush);
    this.#batch.push(data);
    this.#length += data.length;
    if (this.#length >= BATCH) this.flush();
  };

  readonly #flush = (): void => this.flush();

  readonly #onDrain = (): void => {
    if (this.#heldBack) {
      this.#heldBack = false;
      this.#socket.resume();
    }
    this.relieve();
  };
}
