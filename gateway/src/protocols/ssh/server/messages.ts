import { lengthed } from '../keys/public-key-line.ts';
import type { Ssh2Wire } from './ssh2-wire.ts';

/** Why a connection is closed (RFC 4253 section 11.1). */
export const DisconnectReason = {
  protocolError: 2,
  connectionLost: 10,
  noMoreAuthMethods: 14,
} as const;

const DISCONNECT = 1;
const USERAUTH_BANNER = 53;
const CHANNEL_REQUEST = 98;

/** Closes the connection with a sentence for the person at the other end, which ssh2's own leaves out. */
export function sendDisconnect(wire: Ssh2Wire, reason: number, text: string): void {
  const payload = Buffer.concat([Buffer.of(DISCONNECT), uint32(reason), words(text), words('')]);
  // Unlike all else it may be sent while keys are exchanged, and must not wait for the other side's part in that.
  const { write } = wire._packetRW;
  const packet = write.alloc(payload.length, true);
  packet.set(payload, write.allocStartKEX);
  wire._cipher.encrypt(write.finalize(packet, true));
}

/** What is shown before signing in is over (RFC 4252 section 5.4). */
export function sendBanner(wire: Ssh2Wire, text: string): void {
  send(wire, Buffer.concat([Buffer.of(USERAUTH_BANNER), words(text), words('')]));
}

/** The signal that ended a command, as the target named it (RFC 4254 section 6.10); ssh2's own knows a few names only. */
export function sendExitSignal(
  wire: Ssh2Wire,
  channel: number,
  exit: { readonly signal: string; readonly coreDumped: boolean; readonly message: string },
): void {
  send(
    wire,
    Buffer.concat([
      ...[Buffer.of(CHANNEL_REQUEST), uint32(channel), words('exit-signal'), Buffer.of(0)],
      ...[words(exit.signal), Buffer.of(exit.coreDumped ? 1 : 0), words(exit.message), words('')],
    ]),
  );
}

/** A signal for what runs in a channel (RFC 4254 section 6.9). */
export function sendSignal(wire: Ssh2Wire, channel: number, name: string): void {
  const about = [Buffer.of(CHANNEL_REQUEST), uint32(channel), words('signal'), Buffer.of(0)];
  send(wire, Buffer.concat([...about, words(name)]));
}

function send(wire: Ssh2Wire, payload: Buffer): void {
  const { write } = wire._packetRW;
  const packet = write.alloc(payload.length);
  packet.set(payload, write.allocStart);
  const finished = write.finalize(packet);
  if (wire._kexinit === undefined) wire._cipher.encrypt(finished);
  else {
    wire._queue ??= [];
    wire._queue.push(finished);
  }
}

const words = (text: string): Buffer => lengthed(Buffer.from(text, 'utf8'));

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
