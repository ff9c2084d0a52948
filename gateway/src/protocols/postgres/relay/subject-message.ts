import { FRAME_HEADER } from '../codec/frame-assembler.ts';
import { MalformedMessage, MessageReader } from '../codec/message-reader.ts';

const STATEMENT = 0x53;
const PORTAL = 0x50;

/** What Describe and Close are about. @throws MalformedMessage */
export function readSubject(
  buffer: Buffer,
  start: number,
  end: number,
): { readonly statement: boolean; readonly name: string } {
  const reader = new MessageReader(buffer, start + FRAME_HEADER, end);
  const kind = reader.byte();
  const name = reader.cstring();
  reader.finish();
  if (kind !== STATEMENT && kind !== PORTAL)
    throw new MalformedMessage('it is about neither statement nor portal');
  return { statement: kind === STATEMENT, name };
}
