import { MessageReader } from '../codec/message-reader.ts';

/** One field of a RowDescription (protocol-message-formats). */
export interface ResultField {
  readonly name: string;
  /** OID of the table the column comes from; 0 where it comes from none. */
  readonly table: number;
  /** Attribute number in that table; negative for system columns, 0 for a whole row. */
  readonly attribute: number;
  readonly type: number;
  /** 0 text, 1 binary. */
  readonly format: number;
}

/** Type byte and length. */
const HEADER = 5;

/** Reads a RowDescription frame, type byte and length included. @throws MalformedMessage */
export function parseRowDescription(frame: Buffer): readonly ResultField[] {
  const reader = new MessageReader(frame, HEADER, frame.length);
  const fields: ResultField[] = [];
  for (let left = reader.uint16(); left > 0; left -= 1) {
    const name = reader.cstring();
    const table = reader.int32() >>> 0;
    const attribute = reader.int16();
    const type = reader.int32() >>> 0;
    reader.bytes(6); // type length and modifier
    fields.push({ name, table, attribute, type, format: reader.int16() });
  }
  reader.finish();
  return fields;
}
