import { serialize } from 'pg-protocol';
import { frameOf } from './backend-messages.ts';
import { Frontend } from './message-type.ts';

/** Version words of the packets that come before protocol messages. */
export const PacketCode = {
  cancelRequest: 80877102,
  sslRequest: 80877103,
  gssEncRequest: 80877104,
} as const;

/** CancelRequest; a protocol 3.0 key has 4 bytes, later ones up to 256. */
export function cancelRequest(processId: number, secret: Buffer): Buffer {
  const packet = Buffer.allocUnsafe(12 + secret.length);
  packet.writeInt32BE(packet.length, 0);
  packet.writeInt32BE(PacketCode.cancelRequest, 4);
  packet.writeInt32BE(processId, 8);
  secret.copy(packet, 12);
  return packet;
}

/** Parse; `pg-protocol` writes one too but complains on the console about long names. */
export const parseMessage = (name: string, text: string): Buffer =>
  frameOf(Frontend.parse, Buffer.concat([Buffer.from(`${name}\0${text}\0`), Buffer.alloc(2)]));

/** Describe of a prepared statement. */
export const describeStatement = (name: string): Buffer =>
  frameOf(Frontend.describe, Buffer.from(`S${name}\0`));

export const { startup, requestSsl, password, query, flush, sync, end: terminate } = serialize;
export const saslInitialResponse = serialize.sendSASLInitialResponseMessage;
export const saslResponse = serialize.sendSCRAMClientFinalMessage;
