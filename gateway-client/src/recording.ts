import {
  DrawbridgeError,
  exportCsv,
  exportNdjson,
  type RecordingKey,
  type SessionId,
} from '@drawbridge/contract';
import {
  RecordingInvalid,
  type RecordingPart,
  readRecording,
  type Verification,
  verifyRecording,
} from '@drawbridge/contract/recording-chain';
import type { ApiClient } from './api-client.ts';
import { ClientError } from './client-error.ts';

type Bytes = AsyncIterable<Uint8Array>;

/** The recording of a session as the gateway exports it, streamed. */
export function fetchRecording(
  api: Pick<ApiClient, 'stream'>,
  session: SessionId,
  signal?: AbortSignal,
): Promise<Bytes> {
  return api.stream('getRecording', { params: { id: session } }, signal ? { signal } : {});
}

/** Public keys that the gateway signs recordings with. Who distrusts the gateway keeps their own copy. */
export async function fetchRecordingKeys(api: Pick<ApiClient, 'call'>): Promise<RecordingKey[]> {
  return (await api.call('recordingKeys')).keys;
}

/** Checks a recording from end to end; with `session`, also that it is that one's. */
export async function checkRecording(
  bytes: Bytes,
  keys: readonly RecordingKey[],
  session?: SessionId,
): Promise<Verification> {
  const verification = await verifyRecording(bytes, keys);
  if (verification.ok && session !== undefined && verification.header.session !== session) {
    return { ok: false, reason: `this is the recording of another session, ${verification.header.session}` };
  }
  return verification;
}

/** The parts of a recording. @throws ClientError `recording_invalid` where it isn't one, or is cut off */
export async function* recordingParts(bytes: Bytes): AsyncGenerator<RecordingPart> {
  try {
    yield* readRecording(bytes);
  } catch (error) {
    if (!(error instanceof RecordingInvalid)) throw error;
    throw new ClientError('recording_invalid', error.message, 'Check it with `drawbridge verify`.', {
      cause: error,
    });
  }
}

export type RecordingFormat = 'ndjson' | 'csv' | 'recording';

/** A recording in another form: `recording` as it is (verifiable), `ndjson` all events, `csv` the result rows. */
export function exportRecording(bytes: Bytes, format: RecordingFormat): AsyncIterable<string | Uint8Array> {
  switch (format) {
    case 'recording':
      return bytes;
    case 'ndjson':
      return exportNdjson(recordingParts(bytes));
    case 'csv':
      return exportCsv(recordingParts(bytes));
    default:
      throw new DrawbridgeError('invalid_request', `${String(format satisfies never)} is no format`);
  }
}
