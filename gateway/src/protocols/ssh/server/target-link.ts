import type { Client } from 'ssh2';
import { lendReads } from '../../shared-read.ts';
import { Link, PeerViolation } from './link.ts';
import { sendSignal } from './messages.ts';
import { keepsNoInput, type WireChannel } from './ssh2-wire.ts';

/** Takes what a channel of the target brings, as it comes. */
export type Receiver = (data: Buffer, stream: 'stdout' | 'stderr') => void;

const STDERR = 1;

/** The connection to a target. */
export class TargetLink extends Link {
  readonly #receivers = new Map<number, Receiver>();

  constructor(target: Client) {
    super(target);
    if (keepsNoInput(this.wire)) lendReads(this.socket);
    const handlers = this.wire._handlers;
    const { CHANNEL_OPEN_CONFIRMATION: confirmation } = handlers;
    handlers.CHANNEL_OPEN_CONFIRMATION = (wire, info) => {
      if (!Link.fits(info.packetSize)) throw new PeerViolation('packets of a channel that are too small');
      confirmation(wire, info);
    };
  }

  /**
   * Hands what a channel brings to `receiver` instead of its streams, which only end from now on. The window does not
   * open again by itself: see `acknowledge`.
   */
  receive(channel: WireChannel, receiver: Receiver): void {
    this.#receivers.set(channel.incoming.id, receiver);
    channel.once('close', () => this.#receivers.delete(channel.incoming.id));
    for (const [stream, name] of [
      [channel, 'stdout'],
      [channel.stderr, 'stderr'],
    ] as const) {
      for (let early: Buffer | null = stream.read(); early !== null; early = stream.read())
        receiver(early, name);
      stream.resume();
    }
  }

  /** Lets the target send as much more. */
  acknowledge(channel: WireChannel, bytes: number): void {
    if (channel.outgoing.state === 'closed') return;
    channel.incoming.window += bytes;
    this.wire.channelWindowAdjust(channel.outgoing.id, bytes);
  }

  /** Also after the end of input, unlike ssh2's own. */
  signal(channel: WireChannel, name: string): void {
    if (isOpen(channel)) sendSignal(this.wire, channel.outgoing.id, name);
  }

  resize(channel: WireChannel, size: { rows: number; cols: number; height: number; width: number }): void {
    if (isOpen(channel))
      this.wire.windowChange(channel.outgoing.id, size.rows, size.cols, size.height, size.width);
  }

  protected override take(channel: WireChannel, data: Buffer, type: number | undefined): boolean {
    const receiver = this.#receivers.get(channel.incoming.id);
    if (receiver === undefined || (type !== undefined && type !== STDERR)) return false;
    channel.incoming.window -= data.length;
    receiver(data, type === undefined ? 'stdout' : 'stderr');
    return true;
  }
}

const isOpen = ({ outgoing: { state } }: WireChannel): boolean => state === 'open' || state === 'eof';
