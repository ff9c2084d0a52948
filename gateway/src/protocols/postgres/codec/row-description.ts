import { FRAME_HEADER } from './frame-assembler.ts';
import { MessageReader } from './message-reader.ts';

/** Of each field after its name: table OID, column number, type OID, size, modifier, format code. */
const FIELD_TAIL = 18;

/** @throws MalformedMessage unless the frame is a whole and well-formed RowDescription. */
export function checkRowDescription(frame: Buffer): void {
  const reader = new MessageReader(frame, FRAME_HEADER, frame.length);
  for (let left = reader.uint16(); left > 0; left -= 1) {
    reader.cstringBytes();
    reader.bytes(FIELD_TAIL);
  }
  reader.finish();
}
