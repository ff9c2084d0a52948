import type { RecordingEvent, RecordingManifest, Session } from '@drawbridge/contract';
import {
  checkRecording,
  fetchRecording,
  fetchRecordingKeys,
  recordingParts,
} from '@drawbridge/gateway-client';
import type { SignedIn } from './signed-in.ts';

export interface ReadRecording {
  readonly manifest: RecordingManifest;
  readonly events: readonly RecordingEvent[];
  /** Payloads of rows and bulk data, one after the other. */
  readonly payload: Buffer;
}

/** Fetches a recording and checks it as `drawbridge verify` does. @throws Error where it isn't whole and valid. */
export async function readRecording(
  person: Pick<SignedIn, 'api'>,
  session: Session['id'],
): Promise<ReadRecording> {
  const keys = await fetchRecordingKeys(person.api);
  const verification = await checkRecording(await fetchRecording(person.api, session), keys, session);
  if (!verification.ok) throw new Error(`The recording of ${session} is not valid: ${verification.reason}`);
  const events: RecordingEvent[] = [];
  const payloads: Uint8Array[] = [];
  for await (const part of recordingParts(await fetchRecording(person.api, session))) {
    if (part.kind !== 'event') continue;
    events.push(part.event);
    if (part.payload !== undefined) payloads.push(part.payload);
  }
  return { manifest: verification.manifest, events, payload: Buffer.concat(payloads) };
}

/** The statements in a recording, with the values of each run of a prepared one. */
export function statementsIn(events: readonly RecordingEvent[]): { text: string; parameters: string[] }[] {
  const texts = new Map<number, string>();
  return events.flatMap((event) => {
    if (event.type === 'statement') {
      texts.set(event.statement, event.text);
      return event.mode === 'simple' ? [{ text: event.text, parameters: [] }] : [];
    }
    if (event.type !== 'execute') return [];
    return [
      {
        text: texts.get(event.statement) ?? '',
        parameters: event.parameters.map((parameter) => parameter ?? ''),
      },
    ];
  });
}
