import type { ClientLink } from './client-link.ts';
import { sendExitSignal } from './messages.ts';
import type { WireChannel } from './ssh2-wire.ts';

/** How what ran in a channel ended; neither where nobody knows. */
export type Exit =
  | { readonly code: number }
  | { readonly signal: string; readonly coreDumped: boolean; readonly message: string };

const STDERR = 1;

/** A `session` channel of the client in which something runs: what is sent to it. */
export class ClientChannel {
  /** What comes from it, as a stream. Nothing is to be written to it. */
  readonly stream: WireChannel;
  /** Bytes sent. */
  bytesOut = 0;

  readonly #link: ClientLink;
  readonly #release: (() => void) | undefined;

  /**
   * @param on.room called when the client takes more again, after `full`.
   * @param on.close called when the client closes the channel, which stays open on our side until `close`; without it
   * both sides are closed then.
   */
  constructor(stream: WireChannel, link: ClientLink, on?: { room: () => void; close: () => void }) {
    this.stream = stream;
    this.#link = link;
    stream.on('error', () => undefined);
    stream.stderr.on('error', () => undefined);
    if (on === undefined) return;
    link.onRoom(stream, on.room);
    this.#release = link.onClose(stream, on.close);
  }

  /** Whether the client takes nothing at the moment. */
  get full(): boolean {
    const { window, state } = this.stream.outgoing;
    return state === 'open' && (window <= 0 || this.#link.writes.full);
  }

  /** Calls `task` when the connection takes more again; that the channel does is told by `on.room`. */
  whenRelieved(task: () => void): void {
    if (this.#link.writes.full) this.#link.writes.whenRelieved(task);
  }

  /** Sends as much as the window has room for. Returns how much that is; all of it where the channel is closed. */
  send(data: Buffer, to: 'stdout' | 'stderr'): number {
    const { outgoing } = this.stream;
    const { wire } = this.#link;
    if (outgoing.state !== 'open') return data.length;
    let sent = 0;
    while (sent < data.length && outgoing.window > 0) {
      const length = Math.min(data.length - sent, outgoing.window, outgoing.packetSize);
      const piece = length === data.length ? data : data.subarray(sent, sent + length);
      if (to === 'stdout') wire.channelData(outgoing.id, piece);
      else wire.channelExtData(outgoing.id, piece, STDERR);
      outgoing.window -= length;
      sent += length;
    }
    this.bytesOut += sent;
    return sent;
  }

  /** Says that no output follows. */
  eof(): void {
    this.stream.eof();
  }

  /** Says how it ended, and closes our side. */
  close(exit?: Exit): void {
    const { id, state } = this.stream.outgoing;
    if (state === 'open' || state === 'eof') {
      this.stream.eof();
      if (exit !== undefined && 'code' in exit) this.#link.wire.exitStatus(id, exit.code);
      else if (exit !== undefined) sendExitSignal(this.#link.wire, id, exit);
      this.stream.close();
    }
    this.#release?.();
  }
}
