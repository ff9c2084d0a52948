import type { Duplex } from 'node:stream';
import { FRAME_HEADER, FrameAssembler } from './frame-assembler.ts';

/** Thrown by `next` when no further frame can come. */
export class FrameSourceEnded extends Error {
  override readonly name = 'FrameSourceEnded';
}

/**
 * Frames of a stream one at a time, for the parts of the protocol that are a dialogue (sign-in, catalog queries).
 * The relay itself does not use it: it works through chunks, not promises.
 */
export class FrameSource {
  readonly #stream: Duplex;
  readonly #limits: readonly number[];
  readonly #assembler = new FrameAssembler();
  readonly #frames: Buffer[] = [];
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  /** @param limits largest length by type byte; see `frame-limits.ts`. */
  constructor(stream: Duplex, limits: readonly number[]) {
    this.#stream = stream;
    this.#limits = limits;
    stream.on('data', this.#onData);
    stream.on('end', this.#onEnd);
    stream.on('close', this.#onEnd);
    stream.on('error', this.#onError);
  }

  /**
   * The next frame, type byte and length included.
   * @throws FrameSourceEnded when the stream is over or what it says is no frame.
   */
  async next(): Promise<Buffer> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Lets go of the stream, paused, and hands out what was read and not asked for. */
  detach(): Buffer {
    this.#stream.pause();
    this.#stream.off('data', this.#onData);
    this.#stream.off('end', this.#onEnd);
    this.#stream.off('close', this.#onEnd);
    this.#stream.off('error', this.#onError);
    return Buffer.concat([...this.#frames.splice(0), this.#assembler.take()]);
  }

  readonly #onData = (chunk: Buffer): void => {
    const buffer = this.#assembler.add(chunk);
    if (buffer === undefined) return;
    let at = 0;
    let needed = FRAME_HEADER;
    while (buffer.length - at >= FRAME_HEADER) {
      const length = buffer.readInt32BE(at + 1);
      if (length < 4 || length > (this.#limits[buffer[at] ?? 0] ?? 0)) {
        this.#fail(new FrameSourceEnded('what it sent is not PostgreSQL protocol'));
        return;
      }
      needed = 1 + length;
      if (at + needed > buffer.length) break;
      this.#frames.push(buffer.subarray(at, at + needed));
      at += needed;
      needed = FRAME_HEADER;
    }
    this.#assembler.keep(buffer, at, needed);
    this.#awake();
  };

  readonly #onEnd = (): void => this.#fail(new FrameSourceEnded('it closed the connection'));
  readonly #onError = (error: Error): void =>
    this.#fail(new FrameSourceEnded('the connection broke', { cause: error }));

  #fail(failure: FrameSourceEnded): void {
    this.#failure ??= failure;
    this.#awake();
  }

  #awake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
