import type { Duplex } from 'node:stream';
import type { Client, Connection } from 'ssh2';
import { GatheredWrites } from './gathered-writes.ts';
import { type Ssh2Wire, ssh2Parts, type WireChannel, type WireChannels, wireChannel } from './ssh2-wire.ts';

/** The least that must fit into a packet for a channel, in bytes: ssh2 would never end to cut for 0, and take ages for 1. */
const SMALLEST_PACKET = 256;

/** The other side broke the protocol in a way that ssh2 lets pass. */
export class PeerViolation extends Error {
  override readonly name = 'PeerViolation';
}

/** One of ssh2's connections with what it lacks: limits for what the other side may make us keep, and for what waits for it. */
export abstract class Link {
  readonly wire: Ssh2Wire;
  readonly writes: GatheredWrites;
  readonly socket: Duplex;
  protected readonly channels: WireChannels;

  constructor(connection: Connection | Client) {
    const { wire, channels, socket } = ssh2Parts(connection);
    this.wire = wire;
    this.channels = channels;
    this.socket = socket;
    this.writes = new GatheredWrites(wire, socket);
    // After each exchange of keys, the first and those that renew them.
    (connection as Connection).on('handshake', () => this.writes.relieve());
    this.#watchWindows();
    this.#throttleNewChannels();
  }

  /** Has a stream of ssh2's wait also for the socket, not for the channel's window alone. */
  throttle(channel: Duplex): void {
    const write = channel._write.bind(channel);
    channel._write = (data, encoding, done) =>
      write(data, encoding, (error) => {
        if (this.writes.full) this.writes.whenRelieved(() => done(error));
        else done(error);
      });
  }

  protected channel(id: number): WireChannel | undefined {
    return wireChannel(this.channels.get(id));
  }

  protected static fits(packetSize: number): boolean {
    return packetSize >= SMALLEST_PACKET;
  }

  /** Takes data in place of the streams of the channel, if it returns true. */
  protected take(_channel: WireChannel, _data: Buffer, _type: number | undefined): boolean {
    return false;
  }

  /** Data beyond the window would be kept in memory without end. */
  #watchWindows(): void {
    const handlers = this.wire._handlers;
    const { CHANNEL_DATA: data, CHANNEL_EXTENDED_DATA: extended } = handlers;
    const taken = (recipient: number, bytes: Buffer, type?: number): boolean => {
      const channel = this.channel(recipient);
      if (channel === undefined) return false;
      if (bytes.length > channel.incoming.window)
        throw new PeerViolation('more data than the window of a channel has room for');
      return this.take(channel, bytes, type);
    };
    handlers.CHANNEL_DATA = (wire, recipient, bytes) => {
      if (!taken(recipient, bytes)) data(wire, recipient, bytes);
    };
    handlers.CHANNEL_EXTENDED_DATA = (wire, recipient, bytes, type) => {
      if (!taken(recipient, bytes, type)) extended(wire, recipient, bytes, type);
    };
  }

  #throttleNewChannels(): void {
    const update = this.channels.update.bind(this.channels);
    this.channels.update = (id, entry) => {
      const channel = wireChannel(entry);
      if (channel !== undefined) this.throttle(channel);
      update(id, entry);
    };
  }
}
