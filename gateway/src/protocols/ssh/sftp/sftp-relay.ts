import type { Duplex, Writable } from 'node:stream';
import type { Session, SessionEnd } from '../../../sessions/session.ts';
import { Exchange } from './exchange.ts';
import { ReplyRelay } from './reply-relay.ts';
import { RequestRelay } from './request-relay.ts';
import { SftpViolation } from './sftp-violation.ts';

/** Refusals that are shown beside the protocol; the rest is in the recording. */
const MOST_SHOWN = 20;

/** The client's side of a channel: a stream, and what `ServerChannel` of ssh2 adds. */
export interface SftpClientChannel extends Duplex {
  readonly stderr?: Writable;
  exit?(status: number): void;
}

export interface SftpRelayParts {
  readonly session: Session;
  readonly channel: number;
  readonly client: SftpClientChannel;
  readonly target: Duplex;
  /** Nothing can be recorded any more, or the target broke the protocol (`SftpViolation`). Called at most once. */
  onFailure(error: unknown): void;
}

export interface SftpEnd {
  /** Bytes that went to the target, and to the client. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** The target's exit status, or what the client was given in its place. */
  readonly code?: number;
}

/**
 * One SFTP subsystem, version 3, between two channels that were opened for it. Everything is recorded and decided on
 * before it is forwarded; see `RequestRelay` and `ReplyRelay`.
 */
export class SftpRelay {
  readonly #parts: SftpRelayParts;
  readonly #exchange = new Exchange();
  readonly #requests: RequestRelay;
  readonly #replies: ReplyRelay;
  #clientEnded = false;
  #clientClosed = false;
  #targetClosed = false;
  #over = false;
  #shown = 0;
  #code: number | undefined;
  #resolve: () => void = () => undefined;

  constructor(parts: SftpRelayParts) {
    this.#parts = parts;
    const { session, channel, client, target } = parts;
    const exchange = this.#exchange;
    this.#replies = new ReplyRelay({ session, channel, exchange, client });
    this.#requests = new RequestRelay({
      session,
      channel,
      exchange,
      client,
      target,
      explain: (reason) => this.#explain(reason),
      onProgress: () => this.#step(() => this.#requests.resume()),
      onFailure: (error) => this.#fail(error),
    });
  }

  /** Relays until both channels are closed, or the session is over. Never rejects. */
  async run(): Promise<SftpEnd> {
    const { client, target, session } = this.#parts;
    await new Promise<void>((resolve) => {
      this.#resolve = resolve;
      session.signal.addEventListener('abort', this.#onAbort, { once: true });
      client.on('error', this.#onClientClose).on('close', this.#onClientClose);
      target.on('error', this.#onTargetClose).on('close', this.#onTargetClose);
      target.on('exit', this.#onTargetExit);
      client.on('drain', this.#balance).on('data', this.#onClientData).on('end', this.#onClientEnd);
      target.on('drain', this.#balance).on('data', this.#onTargetData);
      if (session.signal.aborted) this.#onAbort();
    });
    session.signal.removeEventListener('abort', this.#onAbort);
    const { toTarget, toClient } = this.#requests.sent;
    const code = this.#code === undefined ? {} : { code: this.#code };
    return { bytesIn: toTarget, bytesOut: toClient + this.#replies.sent, ...code };
  }

  readonly #onClientData = (chunk: Buffer): void => this.#step(() => this.#requests.push(chunk));

  readonly #onTargetData = (chunk: Buffer): void =>
    this.#step(() => {
      this.#replies.push(chunk);
      this.#requests.resume();
    });

  /** One step of either direction; whatever it throws ends this channel and nothing else. */
  #step(work: () => void): void {
    if (this.#over) return;
    try {
      work();
      this.#balance();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Reads a side as long as the other takes what comes of it. */
  readonly #balance = (): void => {
    if (this.#over) return;
    const { client, target } = this.#parts;
    if (this.#requests.held || target.writableNeedDrain || client.writableNeedDrain) client.pause();
    else client.resume();
    if (client.writableNeedDrain) target.pause();
    else target.resume();
    if (this.#clientEnded && this.#exchange.pending.size === 0) target.end();
  };

  /** The client has nothing more to ask; what it asked for it still gets. */
  readonly #onClientEnd = (): void => {
    this.#clientEnded = true;
    this.#balance();
  };

  readonly #onTargetExit = (code: unknown): void => {
    // Without a code it died of a signal.
    this.#code ??= typeof code === 'number' ? code : 255;
  };

  readonly #onTargetClose = (): void => {
    this.#targetClosed = true;
    this.#finish();
  };

  readonly #onClientClose = (): void => {
    this.#clientClosed = true;
    this.#finish();
  };

  readonly #onAbort = (): void => {
    const { message } = this.#parts.session.signal.reason as SessionEnd;
    this.#say(message);
    this.#code = 255;
    this.#finish();
    this.#resolve();
  };

  #fail(error: unknown): void {
    if (this.#over) return;
    const violation = error instanceof SftpViolation ? error : undefined;
    if (violation !== undefined) this.#say(violation.message);
    this.#code = 1;
    this.#finish();
    if (violation?.side !== 'client') this.#parts.onFailure(error);
  }

  /** Closes both sides; what is still on its way to the client gets there. */
  #finish(): void {
    const { client, target } = this.#parts;
    if (!this.#over) {
      this.#over = true;
      this.#requests.stop();
      if (this.#code !== undefined && !this.#clientClosed) client.exit?.(this.#code);
      client.end();
      target.destroy();
      // Channels of ssh2 only close once everything has been read.
      client.resume();
      target.resume();
    }
    if (this.#clientClosed && this.#targetClosed) this.#resolve();
  }

  #explain(reason: string): void {
    if (this.#shown >= MOST_SHOWN) return;
    this.#shown += 1;
    this.#say(reason);
    if (this.#shown === MOST_SHOWN) this.#say('further refusals are not shown');
  }

  #say(message: string): void {
    const { client } = this.#parts;
    if (!this.#clientClosed) client.stderr?.write(`drawbridge: ${message}\n`);
  }
}
