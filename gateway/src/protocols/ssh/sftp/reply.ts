import { MalformedPacket, type PacketReader, skipAttributes } from './packet-reader.ts';
import { PACKET_HEADER, Reply, Request, SFTP_VERSION } from './packet-type.ts';
import { extensions } from './read-extended.ts';
import type { Answer } from './request.ts';

/** Which packet each answer is. */
export const REPLY_TYPE: Readonly<Record<Answer, number>> = {
  status: Reply.status,
  handle: Reply.handle,
  data: Reply.data,
  name: Reply.name,
  attrs: Reply.attrs,
  extended: Reply.extended,
};

/** A packet as it stands on the wire. */
function packet(type: number, ...fields: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(PACKET_HEADER);
  const length = fields.reduce((sum, field) => sum + field.length, 1);
  head.writeUInt32BE(length);
  head[4] = type;
  return Buffer.concat([head, ...fields]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function string(value: Uint8Array | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** STATUS (draft section 7), said by the gateway. */
export const statusReply = (id: number, status: number, message: string): Buffer =>
  packet(Reply.status, uint32(id), uint32(status), string(message), string(''));

/** INIT (section 4) without the client's own extensions. */
export const initRequest = (): Buffer => packet(Request.init, uint32(SFTP_VERSION));

/** Asks where a path leads: REALPATH (section 6.11), or with `~` what OpenSSH made for it. */
export const realPathRequest = (id: number, path: string): Buffer =>
  packet(Request.realpath, uint32(id), string(path));
export const expandPathRequest = (id: number, path: string): Buffer =>
  packet(Request.extended, uint32(id), string('expand-path@openssh.com'), string(path));

/** VERSION as the client may see it: of the extensions only those that the gateway understands. @throws MalformedPacket */
export function versionReply(reader: PacketReader): Buffer {
  const version = reader.uint32();
  if (version !== SFTP_VERSION) throw new MalformedPacket(`version ${version}`);
  const kept: Buffer[] = [];
  while (reader.left > 0) {
    const name = reader.text();
    const data = reader.bytes();
    if (extensions.has(name)) kept.push(string(name), string(data));
  }
  return packet(Reply.version, uint32(version), ...kept);
}

/** STATUS as the target said it. Some leave out its texts. @throws MalformedPacket */
export function readStatus(reader: PacketReader): { status: number; message: string } {
  const status = reader.uint32();
  if (reader.left === 0) return { status, message: '' };
  const message = reader.text();
  if (reader.left > 0) reader.skipBytes();
  reader.finish();
  return { status, message };
}

/** The one name of an answer to REALPATH. @throws MalformedPacket, UncheckablePath */
export function readRealPath(reader: PacketReader): string {
  if (reader.uint32() !== 1) throw new MalformedPacket('not one name');
  const path = reader.path();
  reader.skipBytes();
  skipAttributes(reader);
  reader.finish();
  return path;
}

/** Walks over NAME (section 7). @throws MalformedPacket */
export function skipNames(reader: PacketReader): void {
  for (let names = reader.uint32(); names > 0; names -= 1) {
    reader.skipBytes();
    reader.skipBytes();
    skipAttributes(reader);
  }
  reader.finish();
}
