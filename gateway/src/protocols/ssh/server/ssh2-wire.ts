import type { Duplex } from 'node:stream';
import type { Client, Connection } from 'ssh2';
import { Ssh2Changed } from '../target/ssh2-internals.ts';

/**
 * What the gateway touches of ssh2 (1.17) below its public interface, to relay channels: ssh2's own streams mix up
 * stdout and stderr under a full window, trust the other side's sizes, and don't hold back for a socket that isn't
 * read. Kept to this list, and looked at when a connection is taken over.
 */
export interface Ssh2Wire {
  /** What is done with each message of the connection protocol; replaced one by one to put something before. */
  readonly _handlers: WireHandlers;
  /** Where encrypted bytes go; ciphers keep the one that was there when they were made. */
  _onWrite: (data: Buffer) => void;
  /** Decrypted payloads come here; deciphers keep the one that was there when they were made. */
  _onPayload: (payload: Buffer) => unknown;
  readonly _decipher: object;
  readonly _cipher: { _onWrite: (data: Buffer) => void; encrypt(packet: Buffer): void };
  /** Our own KEXINIT while keys are exchanged; packets wait in `_queue` meanwhile. */
  readonly _kexinit: Buffer | undefined;
  _queue: Buffer[] | undefined;
  readonly _packetRW: {
    /** With `force` also while keys are exchanged, and then with `allocStartKEX`. */
    readonly write: {
      readonly allocStart: number;
      readonly allocStartKEX: number;
      alloc(length: number, force?: boolean): Buffer;
      finalize(packet: Buffer, force?: boolean): Buffer;
    };
  };
  channelData(id: number, data: Buffer): void;
  channelExtData(id: number, data: Buffer, type: number): void;
  channelWindowAdjust(id: number, bytes: number): void;
  channelOpenFail(id: number, reason: number, description: string): void;
  channelClose(id: number): void;
  channelEOF(id: number): void;
  channelSuccess(id: number): void;
  channelFailure(id: number): void;
  exitStatus(id: number, status: number): void;
  windowChange(id: number, rows: number, columns: number, height: number, width: number): void;
}

export interface WireHandlers {
  DISCONNECT: (wire: Ssh2Wire, reason: number, description: string) => void;
  CHANNEL_OPEN: (wire: Ssh2Wire, info: ChannelOpening) => void;
  CHANNEL_OPEN_CONFIRMATION: (wire: Ssh2Wire, info: ChannelConfirmation) => void;
  CHANNEL_DATA: (wire: Ssh2Wire, recipient: number, data: Buffer) => void;
  CHANNEL_EXTENDED_DATA: (wire: Ssh2Wire, recipient: number, data: Buffer, type: number) => void;
  CHANNEL_WINDOW_ADJUST: (wire: Ssh2Wire, recipient: number, bytes: number) => void;
  CHANNEL_REQUEST: (wire: Ssh2Wire, recipient: number, type: string, reply: boolean, data: unknown) => void;
  CHANNEL_CLOSE: (wire: Ssh2Wire, recipient: number) => void;
}

export interface ChannelOpening {
  readonly type: string;
  /** The other side's number. */
  readonly sender: number;
  readonly packetSize: number;
}

export interface ChannelConfirmation {
  readonly recipient: number;
  readonly packetSize: number;
}

/** A channel as ssh2 keeps it. */
export interface WireChannel extends Duplex {
  /** Towards us; `id` is our number. */
  readonly incoming: { readonly id: number; window: number; state: ChannelState };
  /** Towards the other side; `id` is its number. */
  readonly outgoing: {
    readonly id: number;
    window: number;
    readonly packetSize: number;
    state: ChannelState;
  };
  readonly stderr: Duplex;
  eof(): void;
  close(): void;
}

type ChannelState = 'open' | 'eof' | 'closing' | 'closed';

/** What stands for a `session` channel at ssh2's server; `_channel` once something runs in it. */
export interface WireSession {
  readonly _chanInfo: Pick<WireChannel, 'incoming' | 'outgoing'>;
  readonly _channel: WireChannel | undefined;
}

export interface WireChannels {
  readonly _count: number;
  get(id: number): unknown;
  update(id: number, channel: unknown): void;
  remove(id: number): void;
}

/** One of ssh2's connections, taken apart. */
export interface Ssh2Parts {
  readonly wire: Ssh2Wire;
  readonly channels: WireChannels;
  readonly socket: Duplex;
}

const METHODS = [
  'channelData',
  'channelExtData',
  'channelWindowAdjust',
  'channelOpenFail',
  'channelClose',
  'channelEOF',
  'channelSuccess',
  'channelFailure',
  'exitStatus',
  'windowChange',
  '_onWrite',
  '_onPayload',
] as const satisfies readonly (keyof Ssh2Wire)[];
const HANDLERS = [
  'DISCONNECT',
  'CHANNEL_OPEN',
  'CHANNEL_OPEN_CONFIRMATION',
  'CHANNEL_DATA',
  'CHANNEL_EXTENDED_DATA',
  'CHANNEL_WINDOW_ADJUST',
  'CHANNEL_REQUEST',
  'CHANNEL_CLOSE',
] as const satisfies readonly (keyof WireHandlers)[];

/** @throws Ssh2Changed where ssh2 is not as the gateway knows it. */
export function ssh2Parts(connection: Connection | Client): Ssh2Parts {
  const { _protocol: wire, _chanMgr: channels, _sock: socket } = fields(connection);
  const functions = (of: unknown, names: readonly string[]) => {
    const had = fields(of);
    const missing = names.find((name) => typeof had[name] !== 'function');
    if (missing !== undefined) throw new Ssh2Changed(`ssh2 has no ${missing} where it was`);
  };
  functions(wire, METHODS);
  functions(fields(wire)._handlers, HANDLERS);
  functions(fields(wire)._cipher, ['_onWrite', 'encrypt']);
  functions(fields(wire)._decipher, ['decrypt']);
  functions(fields(fields(wire)._packetRW).write, ['alloc', 'finalize']);
  functions(channels, ['get', 'update', 'remove']);
  functions(socket, ['write', 'pause', 'resume', 'destroy']);
  return { wire: wire as Ssh2Wire, channels: channels as WireChannels, socket: socket as Duplex };
}

/** Deciphers of ssh2 that have taken what they are given when they return; that of ChaCha20 keeps a part for later. */
const TAKE_ALL = new Set(['AESGCMDecipherNative', 'GenericDecipherNative']);

/** Whether nothing of what a connection reads is looked at later. (Were the cipher another one day, packets would fail its check.) */
export const keepsNoInput = (wire: Ssh2Wire): boolean => TAKE_ALL.has(wire._decipher.constructor.name);

/** Whether an entry of the channels is a `session` channel of ssh2's server. */
export const isWireSession = (entry: unknown): entry is WireSession =>
  typeof entry === 'object' && entry !== null && '_chanInfo' in entry && !('outgoing' in entry);

/** The channel behind an entry of the channels, once there is one. */
export function wireChannel(entry: unknown): WireChannel | undefined {
  if (isWireSession(entry)) return entry._channel;
  return typeof entry === 'object' && entry !== null && 'outgoing' in entry
    ? (entry as WireChannel)
    : undefined;
}

function fields(of: unknown): Record<string, unknown> {
  if (typeof of !== 'object' || of === null) throw new Ssh2Changed('ssh2 is not built as it was');
  return of as Record<string, unknown>;
}
