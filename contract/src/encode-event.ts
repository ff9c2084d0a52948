import type { RecordingEventInput } from './recording.ts';
import { RECORDING_LIMITS, RecordingInvalid } from './recording-encoding.ts';

/** An event's JSON with its place put in front: what is written, without building a second object. */
export const recordedEventText = (event: RecordingEventInput, seq: number, at: number): string =>
  `{"seq":${seq},"at":${at},${fieldsOf(event)}`;

/**
 * The rest of the event's JSON. Of the events that each run of a prepared statement leaves, the fields are spelled out:
 * that takes a third of the time `JSON.stringify` does. The text is the same.
 */
function fieldsOf(event: RecordingEventInput): string {
  switch (event.type) {
    case 'execute':
      if (event.review !== undefined || event.decision !== undefined || event.reason !== undefined) break;
      return `"type":"execute","statement":${event.statement},"parameters":${JSON.stringify(event.parameters)}}`;
    case 'rows':
      return `"type":"rows","statement":${event.statement},"format":"${event.format}","count":${event.count}}`;
    case 'result': {
      const { count, error, format, rows, statement, status, tag } = event;
      if (tag === undefined || rows === undefined || error !== undefined) break;
      const whole = `"type":"result","statement":${statement},"status":"${status}","tag":${JSON.stringify(tag)},"rows":${rows}`;
      if (count === undefined && format === undefined) return `${whole}}`;
      if (count === undefined || format === undefined) break;
      return `${whole},"format":"${format}","count":${count}}`;
    }
    default:
  }
  return JSON.stringify(event).slice(1);
}

/** The most bytes that `encodeEventInto` can need. */
export const encodedEventBound = (text: string, payload: Uint8Array | undefined): number =>
  8 + text.length * 3 + (payload?.length ?? 0);

/**
 * Writes one event into `target` from `offset` and returns the offset after it.
 * @throws RecordingInvalid when a part is longer than a reader takes.
 */
export function encodeEventInto(
  target: Buffer,
  offset: number,
  text: string,
  payload: Uint8Array | undefined,
): number {
  const size = payload?.length ?? 0;
  const after = encodeEventHead(target, offset, text, size);
  if (payload !== undefined) target.set(payload, after);
  return after + size;
}

/**
 * The same without the payload, of which the `size` bytes come next; for those too long to be copied once more.
 * @throws RecordingInvalid when a part is longer than a reader takes.
 */
export function encodeEventHead(target: Buffer, offset: number, text: string, size: number): number {
  const written = target.write(text, offset + 4, 'utf8');
  if (written > RECORDING_LIMITS.event) throw new RecordingInvalid('the event is too long to be recorded');
  if (size > RECORDING_LIMITS.payload)
    throw new RecordingInvalid('the data of an event is too long to be recorded');
  target.writeUInt32BE(written, offset);
  return target.writeUInt32BE(size, offset + 4 + written);
}
