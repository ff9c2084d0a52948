import { PacketCode } from '../codec/frontend-messages.ts';
import { MalformedMessage, MessageReader } from '../codec/message-reader.ts';
import { clientViolation } from '../session-failure.ts';

/** PostgreSQL's own limit for what comes before protocol messages. */
const MAX_STARTUP_PACKET = 10_000;
/** A StartupMessage's version word and a CancelRequest's code and process ID. */
const MIN_STARTUP_PACKET = 8;

/** What a client says first. */
export type StartupPacket =
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gss' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secret: Buffer }
  | {
      readonly kind: 'startup';
      /** Minor version of protocol 3 asked for. */
      readonly minor: number;
      readonly parameters: ReadonlyMap<string, string>;
    };

/**
 * Reads one packet of the phase before messages have types.
 * @param packet length word included.
 * @throws SessionFailure when it is none.
 */
export function readStartupPacket(packet: Buffer): StartupPacket {
  try {
    const reader = new MessageReader(packet, 4, packet.length);
    const code = reader.int32();
    switch (code) {
      case PacketCode.sslRequest:
        reader.finish();
        return { kind: 'ssl' };
      case PacketCode.gssEncRequest:
        reader.finish();
        return { kind: 'gss' };
      case PacketCode.cancelRequest:
        return {
          kind: 'cancel',
          processId: reader.int32(),
          secret: Buffer.from(reader.bytes(packet.length - 12)),
        };
      default:
    }
    const major = code >>> 16;
    if (major !== 3)
      throw clientViolation(`protocol version ${major}.${code & 0xffff} is not spoken here, only 3.x`);
    const parameters = new Map<string, string>();
    for (let name = reader.cstring(); name !== ''; name = reader.cstring()) {
      if (parameters.has(name)) throw clientViolation(`the startup message has ${name} twice`);
      parameters.set(name, reader.cstring());
    }
    reader.finish();
    return { kind: 'startup', minor: code & 0xffff, parameters };
  } catch (error) {
    if (error instanceof MalformedMessage)
      throw clientViolation(`the startup message is malformed: ${error.message}`);
    throw error;
  }
}

/**
 * The length that a startup packet announces.
 * @throws SessionFailure when no packet can have it: the other end speaks another protocol.
 */
export function startupPacketLength(buffer: Buffer): number {
  const length = buffer.readInt32BE(0);
  if (length < MIN_STARTUP_PACKET || length > MAX_STARTUP_PACKET) {
    throw clientViolation(
      'this is a PostgreSQL endpoint, and what came first is no PostgreSQL startup message',
    );
  }
  return length;
}
