import {
  type AsciicastVersion,
  DrawbridgeError,
  exportAsciicast,
  exportCsv,
  exportNdjson,
  findTerminalChannel,
  type RecordingKey,
  rowsApart,
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

/**
 * The recording of a session as the gateway exports it, streamed. With `follow`, that of a live session goes on as it
 * is written until the session ends; one that ends without a manifest was cut off.
 */
export function fetchRecording(
  api: Pick<ApiClient, 'stream'>,
  session: SessionId,
  signal?: AbortSignal,
  { follow = false }: { readonly follow?: boolean } = {},
): Promise<Bytes> {
  const query = follow ? { follow: 'true' } : {};
  return api.stream('getRecording', { params: { id: session }, query }, signal ? { signal } : {});
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

/** The parts of a recording, rows apart from results. @throws ClientError `recording_invalid` where it isn't one, or is cut off */
export async function* recordingParts(bytes: Bytes): AsyncGenerator<RecordingPart> {
  try {
    yield* rowsApart(readRecording(bytes));
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

export interface CastOptions {
  /** Default: see `findTerminalChannel`. */
  readonly channel?: number | undefined;
  /** Default 3. */
  readonly version?: AsciicastVersion;
}

/**
 * What one channel of an SSH session showed, as asciicast. Reads the recording twice where it has to look for the channel.
 * @throws ClientError `recording_invalid` where there is nothing to play
 */
export async function* exportCast(open: () => Promise<Bytes>, options: CastOptions): AsyncGenerator<string> {
  const channel = options.channel ?? (await findTerminalChannel(recordingParts(await open())));
  let empty = true;
  if (channel !== undefined)
    for await (const line of exportAsciicast(recordingParts(await open()), { ...options, channel })) {
      empty = false;
      yield line;
    }
  if (empty)
    throw new ClientError(
      'recording_invalid',
      options.channel === undefined
        ? 'no shell and no command was recorded in this session'
        : `the recording has no channel ${options.channel}`,
      'See what there is with `drawbridge replay`.',
    );
}
