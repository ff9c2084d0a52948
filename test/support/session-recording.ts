import { recordingTimeline, type Session, type TimelineEvent } from '@drawbridge/contract';
import {
  type ApiClient,
  checkRecording,
  fetchRecording,
  fetchRecordingKeys,
  recordingParts,
} from '@drawbridge/gateway-client';
import { expect } from 'vitest';

/** A session that is over, with all its recording says. */
export interface SessionRecording {
  readonly session: Session;
  readonly events: readonly TimelineEvent[];
  /** All its bytes, octets as characters of the same number. */
  readonly bytes: string;
}

/** The sealed recording of the last session of a client that called itself `name`; verified with the gateway's keys. */
export async function recordingOf(api: ApiClient, name: string): Promise<SessionRecording> {
  let session: Session | undefined;
  const look = async () => {
    const { sessions } = await api.call('listSessions', { query: { limit: 500 } });
    session = sessions.find((each) => each.clientName === name && each.recording === 'sealed');
    return session;
  };
  await expect.poll(look, { timeout: 10_000 }).toBeDefined();
  if (!session) throw new Error(`There is no sealed session of ${name}.`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await fetchRecording(api, session.id)) chunks.push(chunk);
  const verification = await checkRecording(stream(chunks), await fetchRecordingKeys(api), session.id);
  expect(verification).toMatchObject({ ok: true });
  const events: TimelineEvent[] = [];
  for await (const entry of recordingTimeline(recordingParts(stream(chunks))))
    if (entry.kind === 'event') events.push(entry.event);
  return { session, events, bytes: Buffer.concat(chunks).toString('latin1') };
}

async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** Rows of all results, in order, as the recording has them. */
export const recordedRows = ({ events }: SessionRecording): (string | null)[][] =>
  events.flatMap((event) => (event.type === 'rows' ? (event.values ?? []).map((row) => [...row]) : []));
