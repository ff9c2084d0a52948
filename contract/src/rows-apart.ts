import type { RecordingEvent } from './recording.ts';

interface EventPart {
  readonly kind: 'event';
  readonly event: RecordingEvent;
  readonly payload: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/**
 * Parts of a recording, with the rows that stand in a `result` as the `rows` event that they would have been: whoever
 * reads recordings for what happened needs to know of one form only. Both have the place of the one that is stored.
 */
export async function* rowsApart<P extends { readonly kind: string }>(
  parts: AsyncIterable<P>,
): AsyncGenerator<P, void, undefined> {
  for await (const part of parts) {
    if (isEvent(part)) yield* splitEvent(part);
    else yield part;
  }
}

/** One event as one or two, see `rowsApart`. */
export function splitEvent<P extends EventPart>(part: P): readonly P[] {
  const { event, payload } = part;
  if (event.type !== 'result' || event.count === undefined) return [part];
  const { format = 'postgres.DataRow', count, ...result } = event;
  const { seq, at, statement } = event;
  const rows: RecordingEvent = { seq, at, type: 'rows', statement, format, count };
  return [
    { ...part, event: rows, payload },
    { ...part, event: result, payload: NOTHING },
  ];
}

const isEvent = <P extends { readonly kind: string }>(part: P): part is P & EventPart =>
  part.kind === 'event';
