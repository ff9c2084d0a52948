import { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';

/**
 * A WebSocket's binary messages as a stream of bytes. Unlike `createWebSocketStream` of `ws` it leaves
 * closing to its owner: the protocol ends or destroys the stream when it is done, and only then is it
 * known with which code the WebSocket closes.
 */
export class WebSocketBytes extends Duplex {
  readonly #socket: WebSocket;
  /** Nothing more is heard. */
  #over = false;

  constructor(socket: WebSocket) {
    super({ allowHalfOpen: true, emitClose: true });
    this.#socket = socket;
    socket.on('message', (data: RawData, binary: boolean) => {
      if (this.destroyed || this.#over) return;
      // The contract is bytes. Text would have been a string somewhere, and can't be trusted to be them.
      if (!binary || !Buffer.isBuffer(data))
        return void this.destroy(new Error('the tunnel carries binary messages only'));
      if (!this.push(data)) socket.pause();
    });
    socket.once('close', () => {
      this.#hangUp();
      // Whoever doesn't read, as while the target is dialled, hears of the end by 'close' alone.
      if (this.isPaused()) this.destroy();
    });
    socket.once('error', (error) => this.destroy(error));
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(chunk, done);
    else done(new Error('the tunnel is closed'));
  }

  /** What was written together goes as one message. */
  override _writev(chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer' as BufferEncoding, done);
  }

  /**
   * A WebSocket has no half-closed state: once the last is said and sent, nothing more is heard. Whoever waits for the
   * other side's end has it, and the close frame needs no timeout.
   */
  override _final(done: (error?: Error | null) => void): void {
    this.#hangUp();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // A paused WebSocket would never see the other side's close frame.
    if (this.#socket.isPaused) this.#socket.resume();
    done(error);
  }

  #hangUp(): void {
    if (this.#over || this.destroyed) return;
    this.#over = true;
    this.push(null);
  }
}
