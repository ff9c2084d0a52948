import { float4Text, float8Text, numericText } from './postgres-numbers.ts';
import { dateText, timestampText, timeText } from './postgres-times.ts';
import type { RecordedColumn } from './recording.ts';

/** One row: each column's bytes as they were sent, null for SQL NULL. Views into what was decoded. */
export type DataRow = readonly (Uint8Array | null)[];

const DATA_ROW = 0x44; // 'D'
const COPY_DATA = 0x64; // 'd'

/**
 * The rows of a `rows` event: DataRow messages one after the other, as they went over the wire.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-DATAROW
 * @throws RangeError when the bytes are anything else.
 */
export function decodeDataRows(payload: Uint8Array): DataRow[] {
  return bodies(payload, DATA_ROW).map(decodeRow);
}

/**
 * The data of a `copy` event: CopyData messages one after the other, as they went over the wire.
 * @throws RangeError when the bytes are anything else.
 */
export function decodeCopyData(payload: Uint8Array): Uint8Array {
  const pieces = bodies(payload, COPY_DATA);
  const data = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    data.set(piece, offset);
    offset += piece.length;
  }
  return data;
}

/** What stands in messages of one type, each a type byte and a length that counts itself. */
function bodies(payload: Uint8Array, type: number): Uint8Array[] {
  const view = viewOf(payload);
  const found: Uint8Array[] = [];
  for (let offset = 0; offset < payload.length; ) {
    if (offset + 5 > payload.length || payload[offset] !== type)
      throw new RangeError('not the message of PostgreSQL that is expected here');
    const end = offset + 1 + view.getUint32(offset + 1);
    if (end > payload.length || end < offset + 5) throw new RangeError('a message is cut off');
    found.push(payload.subarray(offset + 5, end));
    offset = end;
  }
  return found;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function decodeRow(body: Uint8Array): DataRow {
  const view = viewOf(body);
  if (body.length < 2) throw new RangeError('a row is cut off');
  const count = view.getUint16(0);
  const row: (Uint8Array | null)[] = [];
  let offset = 2;
  for (let column = 0; column < count; column++) {
    if (offset + 4 > body.length) throw new RangeError('a row is cut off within its columns');
    const length = view.getInt32(offset);
    offset += 4;
    if (length === -1) {
      row.push(null);
      continue;
    }
    if (length < 0 || offset + length > body.length) throw new RangeError('a value is longer than its row');
    row.push(body.subarray(offset, offset + length));
    offset += length;
  }
  if (offset !== body.length) throw new RangeError('a row is longer than its columns');
  return row;
}

/**
 * A value as PostgreSQL would print it (ISO dates, UTC). What isn't known here, or doesn't have its type's
 * form, comes as `\x…` with its bytes: a replay shows too little rather than something made up.
 */
export function decodeCell(
  bytes: Uint8Array | null,
  column: Pick<RecordedColumn, 'type' | 'format'>,
): string | null {
  if (bytes === null) return null;
  const decode = column.format === 'text' ? utf8 : binary.get(column.type);
  return decode?.(bytes, viewOf(bytes)) ?? hexText(bytes);
}

/** `\x` and two digits a byte, as PostgreSQL prints `bytea`. */
export function hexText(bytes: Uint8Array): string {
  let text = '\\x';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Undefined where the bytes don't have the type's form. */
type Decode = (bytes: Uint8Array, view: DataView) => string | undefined;

/** A decoder for a type whose binary form always has `length` bytes. */
const fixed =
  (length: number, decode: (view: DataView) => string): Decode =>
  (bytes, view) =>
    bytes.length === length ? decode(view) : undefined;

const boolean: Decode = (bytes) => {
  if (bytes.length !== 1 || (bytes[0] !== 0 && bytes[0] !== 1)) return undefined;
  return bytes[0] === 1 ? 't' : 'f';
};

const uuid: Decode = (bytes) =>
  bytes.length === 16
    ? hexText(bytes)
        .slice(2)
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    : undefined;

/** A version byte, always 1, then the text. */
const jsonb: Decode = (bytes) => (bytes[0] === 1 ? utf8(bytes.subarray(1)) : undefined);

const uint32 = fixed(4, (view) => String(view.getUint32(0)));

const binary: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ...['text', 'varchar', 'bpchar', 'char', 'name', 'json', 'xml', 'citext', 'unknown'].map(
    (type) => [type, utf8] as const,
  ),
  ['jsonb', jsonb],
  ['bool', boolean],
  ['int2', fixed(2, (view) => String(view.getInt16(0)))],
  ['int4', fixed(4, (view) => String(view.getInt32(0)))],
  ['int8', fixed(8, (view) => String(view.getBigInt64(0)))],
  ['oid', uint32],
  ['xid', uint32],
  ['cid', uint32],
  ['float4', fixed(4, (view) => float4Text(view.getFloat32(0)))],
  ['float8', fixed(8, (view) => float8Text(view.getFloat64(0)))],
  ['numeric', (_bytes, view) => numericText(view)],
  ['bytea', (bytes) => hexText(bytes)],
  ['uuid', uuid],
  ['date', fixed(4, (view) => dateText(view.getInt32(0)))],
  ['time', fixed(8, (view) => timeText(view.getBigInt64(0)))],
  ['timestamp', fixed(8, (view) => timestampText(view.getBigInt64(0)))],
  ['timestamptz', fixed(8, (view) => timestampText(view.getBigInt64(0), '+00'))],
]);
