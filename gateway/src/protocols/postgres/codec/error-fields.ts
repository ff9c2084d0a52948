import { MessageReader } from './message-reader.ts';

/**
 * Fields of ErrorResponse and NoticeResponse by their one-letter code
 * (https://www.postgresql.org/docs/current/protocol-error-fields.html).
 */
export type ErrorFields = ReadonlyMap<string, string>;

/** @throws MalformedMessage */
export function readErrorFields(frame: Buffer, start: number, end: number): ErrorFields {
  const reader = new MessageReader(frame, start + 5, end);
  const fields = new Map<string, string>();
  for (let code = reader.byte(); code !== 0; code = reader.byte()) {
    // A target's early errors can come in another encoding: shown as far as they can be read.
    fields.set(String.fromCharCode(code), reader.cstringBytes().toString('utf8'));
  }
  reader.finish();
  return fields;
}

/** An ErrorResponse or NoticeResponse frame. Zero bytes in values end them early, so they are left out. */
export function writeErrorFields(type: number, fields: ErrorFields): Buffer {
  let body = '';
  for (const [code, value] of fields) body += `${code}${value.replaceAll('\0', '')}\0`;
  const length = Buffer.byteLength(body) + 5;
  const frame = Buffer.allocUnsafe(1 + length);
  frame.writeUInt8(type, 0);
  frame.writeInt32BE(length, 1);
  frame.write(body, 5);
  frame.writeUInt8(0, length);
  return frame;
}
