import type { Connection } from 'ssh2';
import { SshReader } from '../keys/ssh-reader.ts';
import { Link } from './link.ts';
import { isWireSession, type WireChannel, type WireHandlers } from './ssh2-wire.ts';

/** Channels that one connection may have open, of all kinds. */
export const MOST_CHANNELS = 32;

const ADMINISTRATIVELY_PROHIBITED = 1;
const RESOURCE_SHORTAGE = 4;
const CHANNEL_REQUEST = 98;
/** Octets of the message's number and the channel's. */
const AFTER_CHANNEL = 5;
/** Octets of the boolean after the request's name. */
const WANT_REPLY = 1;
/** Numbers before the terminal modes of a `pty-req`: columns, rows, width, height (RFC 4254 section 6.2). */
const PTY_SIZES = 4;
/** What may be asked for while something runs in a channel. */
const RUNNING_REQUESTS = new Set(['window-change', 'signal']);

/** The connection with the client. */
export class ClientLink extends Link {
  readonly #closes = new Map<number, () => void>();
  readonly #rooms = new Map<number, () => void>();
  readonly #inputs = new Map<number, (data: Buffer) => void>();
  /** What ssh2 does when the client closes a channel. */
  readonly #close: WireHandlers['CHANNEL_CLOSE'];
  #ending: string | undefined;
  #terminalModes: Buffer | undefined;

  constructor(connection: Connection) {
    super(connection);
    this.#close = this.wire._handlers.CHANNEL_CLOSE;
    this.#limitChannels();
    this.#followWindows();
    this.#followCloses();
    this.#answerRequests();
    this.#readTerminalModes();
  }

  /** From now on nothing more can be opened. */
  end(reason: string): void {
    this.#ending = reason;
  }

  /**
   * The modes of the `pty-req` that is being handled, as they were sent: ssh2 reads them from their second byte on and
   * makes something else of them.
   */
  get terminalModes(): Buffer | undefined {
    return this.#terminalModes;
  }

  /** Calls `task` whenever the client takes more of a channel again. */
  onRoom(channel: WireChannel, task: () => void): void {
    this.#rooms.set(channel.incoming.id, task);
  }

  /**
   * Calls `task` when the client closes a channel, instead of closing our side at once as ssh2 does: the exit status
   * may be still to come. The channel is open until the result is called.
   */
  onClose(channel: WireChannel, task: () => void): () => void {
    const { incoming } = channel;
    let closed = false;
    let released = false;
    const settle = () => {
      if (!closed || !released) return;
      this.#closes.delete(incoming.id);
      this.#rooms.delete(incoming.id);
      this.#close(this.wire, incoming.id);
    };
    this.#closes.set(incoming.id, () => {
      if (closed) return;
      closed = true;
      if (incoming.state === 'open') {
        incoming.state = 'eof';
        channel.push(null);
      }
      if (released) settle();
      else task();
    });
    return () => {
      released = true;
      settle();
    };
  }

  /** Shows `task` what comes in a channel, which waits there all the same until it is read. The result ends it. */
  onInput(channel: WireChannel, task: (data: Buffer) => void): () => void {
    const { id } = channel.incoming;
    this.#inputs.set(id, task);
    return () => this.#inputs.delete(id);
  }

  protected override take(channel: WireChannel, data: Buffer, type: number | undefined): boolean {
    if (type === undefined) this.#inputs.get(channel.incoming.id)?.(data);
    return false;
  }

  #limitChannels(): void {
    const handlers = this.wire._handlers;
    const { CHANNEL_OPEN: open } = handlers;
    handlers.CHANNEL_OPEN = (wire, info) => {
      const refuse = (reason: number, text: string) =>
        wire.channelOpenFail(info.sender, reason, `drawbridge: ${text}`);
      if (this.#ending !== undefined) refuse(ADMINISTRATIVELY_PROHIBITED, this.#ending);
      else if (this.channels._count >= MOST_CHANNELS)
        refuse(RESOURCE_SHORTAGE, `a connection may have ${MOST_CHANNELS} channels open; close some first`);
      else if (!Link.fits(info.packetSize)) refuse(RESOURCE_SHORTAGE, 'the packets asked for are too small');
      else open(wire, info);
    };
  }

  #followWindows(): void {
    const handlers = this.wire._handlers;
    const { CHANNEL_WINDOW_ADJUST: adjust } = handlers;
    handlers.CHANNEL_WINDOW_ADJUST = (wire, recipient, bytes) => {
      adjust(wire, recipient, bytes);
      this.#rooms.get(recipient)?.();
    };
  }

  #followCloses(): void {
    this.wire._handlers.CHANNEL_CLOSE = (wire, recipient) => {
      const task = this.#closes.get(recipient);
      if (task !== undefined) return task();
      const entry = this.channels.get(recipient);
      this.#close(wire, recipient);
      // ssh2 forgets to close, and to forget, a session in which nothing was ever run.
      if (!isWireSession(entry) || entry._channel !== undefined) return;
      wire.channelClose(entry._chanInfo.outgoing.id);
      this.channels.remove(recipient);
    };
  }

  /** ssh2 leaves requests for a running channel unanswered, and whoever waits for the answer waiting. */
  #answerRequests(): void {
    const handlers = this.wire._handlers;
    const { CHANNEL_REQUEST: request } = handlers;
    handlers.CHANNEL_REQUEST = (wire, recipient, type, reply, data) => {
      const entry = this.channels.get(recipient);
      if (!isWireSession(entry) || entry._channel === undefined)
        return request(wire, recipient, type, reply, data);
      const known = RUNNING_REQUESTS.has(type);
      if (known) request(wire, recipient, type, false, data);
      if (reply && known) wire.channelSuccess(entry._chanInfo.outgoing.id);
      else if (reply) wire.channelFailure(entry._chanInfo.outgoing.id);
    };
  }

  #readTerminalModes(): void {
    const { _onPayload: next } = this.wire;
    this.wire._onPayload = (payload) => {
      if (payload[0] === CHANNEL_REQUEST) this.#terminalModes = terminalModes(payload);
      return next(payload);
    };
  }
}

/** What is malformed is left to ssh2, which ends the connection for it. */
function terminalModes(payload: Buffer): Buffer | undefined {
  const fields = payload.subarray(AFTER_CHANNEL);
  try {
    const request = new SshReader(fields);
    if (request.text() !== 'pty-req') return undefined;
    const reader = new SshReader(fields.subarray(request.offset + WANT_REPLY));
    reader.text();
    for (let index = 0; index < PTY_SIZES; index += 1) reader.uint32();
    return Buffer.from(reader.string());
  } catch {
    return undefined;
  }
}
