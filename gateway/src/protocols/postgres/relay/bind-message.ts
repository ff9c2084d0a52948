import { isUtf8 } from 'node:buffer';
import { MalformedMessage, MessageReader } from '../codec/message-reader.ts';

/** What a Bind message says. */
export interface BindMessage {
  readonly portal: string;
  readonly statement: string;
  /** For the recording: text as it is, binary as `\x…`. */
  readonly parameters: (string | null)[];
  /** Format codes of the parameters as they stand there: none, one for all, or one each. */
  readonly parameterFormats: readonly number[];
  /** Result format codes as they stand there: none, one for all, or one a column. */
  readonly formats: readonly number[];
  /** Where in the buffer stands what follows the two names. */
  readonly valuesAt: number;
  /** Where in the buffer the parameters end. */
  readonly valuesEnd: number;
}

const NONE: readonly number[] = [];
const ALL_TEXT: readonly number[] = [0];
const ALL_BINARY: readonly number[] = [1];

/** @throws MalformedMessage */
export function readBindMessage(buffer: Buffer, start: number, end: number): BindMessage {
  const reader = new MessageReader(buffer, start + 5, end);
  const portal = reader.cstring();
  const statement = reader.cstring();
  const valuesAt = reader.at;
  const parameterFormats = readFormats(reader);
  const count = reader.uint16();
  const parameters: (string | null)[] = [];
  for (let index = 0; index < count; index += 1) {
    const length = reader.int32();
    const format = parameterFormats.length > 1 ? parameterFormats[index] : (parameterFormats[0] ?? 0);
    parameters.push(length === -1 ? null : decode(reader.bytes(length), format));
  }
  const valuesEnd = reader.at;
  const formats = readFormats(reader);
  reader.finish();
  return { portal, statement, parameters, parameterFormats, formats, valuesAt, valuesEnd };
}

/** Formats are 0 or 1; most often none or one is given, which then costs nothing. */
function readFormats(reader: MessageReader): readonly number[] {
  const count = reader.uint16();
  if (count === 0) return NONE;
  if (count === 1) return readFormat(reader) === 0 ? ALL_TEXT : ALL_BINARY;
  const formats: number[] = [];
  for (let left = count; left > 0; left -= 1) formats.push(readFormat(reader));
  return formats;
}

function readFormat(reader: MessageReader): number {
  const format = reader.int16();
  if (format !== 0 && format !== 1) throw new MalformedMessage(`format ${format} does not exist`);
  return format;
}

function decode(value: Buffer, format: number | undefined): string {
  // A text that isn't UTF-8 is the target's to refuse; the recording shows its bytes.
  return format === 0 && isUtf8(value) ? value.toString('utf8') : `\\x${value.toString('hex')}`;
}
