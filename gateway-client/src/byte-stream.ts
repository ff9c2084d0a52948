import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { AccessTokens } from './access-tokens.ts';
import { type Heartbeat, startHeartbeat } from './link-heartbeat.ts';
import { type LinkEnd, openSignedInLink, readEnd } from './tunnel-link.ts';

/** There was no close frame (RFC 6455 section 7.1.5). */
const ABNORMAL_CLOSURE = 1006;
/** How long the gateway may take to answer the close frame. Milliseconds. */
const LINGER_MS = 2_000;
/** Octets held for either side before the other is held back. */
const HELD = 256 * 1024;

export interface ByteStreamOptions {
  /** In the form of `gatewayUrl`. */
  readonly gateway: string;
  readonly tokens: Pick<AccessTokens, 'token'>;
  readonly resource: string;
  /** Needed only where the person has grants for several profiles. */
  readonly profile?: string;
  /** See `TunnelQuery.clientKey`. */
  readonly clientKey?: string;
  /** Destroys the stream with its reason as the error. */
  readonly signal?: AbortSignal;
}

/** The bytes of one connection to a resource, both ways. `end()` hangs up once all is sent: there is no half-open state. */
export interface ByteStream extends Duplex {
  /** Resolves when the connection is over, with the reason where the gateway ended it and said why. Never rejects. */
  readonly ended: Promise<LinkEnd>;
  /** Once `ended`: whether it broke off, as when the network or the gateway went away, and neither side had closed it. */
  readonly lost: boolean;
}

/**
 * Opens one connection to a resource without a local port.
 * @throws DrawbridgeError as the gateway refused it; ClientError `gateway_unreachable`, `gateway_timeout`, `unexpected_response`
 */
export async function openByteStream(options: ByteStreamOptions): Promise<ByteStream> {
  const signal = options.signal ?? new AbortController().signal;
  const link = await openSignedInLink(options, options.tokens, signal);
  return new LinkStream(link, signal);
}

class LinkStream extends Duplex implements ByteStream {
  readonly ended: Promise<LinkEnd>;
  lost = false;
  readonly #link: WebSocket;
  /** Whether this side has hung up. */
  #closing = false;
  readonly #heartbeat: Heartbeat;

  constructor(link: WebSocket, signal: AbortSignal) {
    super({ allowHalfOpen: false, highWaterMark: HELD });
    this.#link = link;
    this.#heartbeat = startHeartbeat(link);
    const abort = () => this.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    link.on('message', (data: Buffer, binary) => {
      this.#heartbeat.alive();
      if (!binary) this.destroy(new Error('the gateway sent text where bytes are spoken'));
      else if (!this.destroyed && !this.push(data)) link.pause();
    });
    this.ended = new Promise((resolve) => {
      link.once('close', (code, reason) => {
        this.#heartbeat.stop();
        signal.removeEventListener('abort', abort);
        this.lost = code === ABNORMAL_CLOSURE && !this.#closing;
        resolve(readEnd(code, reason));
        if (!this.destroyed) this.push(null);
      });
    });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }

  override _read(): void {
    this.#link.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // What is said into a closing connection is for nobody. An error would take what came before from the reader.
    if (this.#link.readyState !== WebSocket.OPEN) {
      done();
      return;
    }
    this.#link.send(chunk, { binary: true }, () => {
      this.#heartbeat.alive();
      done();
    });
  }

  /** What gathered while the last was sent goes as one message. */
  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#close();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#close();
    done(error);
  }

  #close(): void {
    this.#closing = true;
    if (this.#link.readyState === WebSocket.CLOSED) return;
    // A paused WebSocket wouldn't see the other side's close frame.
    this.#link.resume();
    this.#link.close(1000);
    const timer = setTimeout(() => this.#link.terminate(), LINGER_MS);
    timer.unref();
    this.#link.once('close', () => clearTimeout(timer));
  }
}
