import { DrawbridgeError, type SessionId } from '@drawbridge/contract';
import {
  type ApiClient,
  checkRecording,
  exportCast,
  exportRecording,
  fetchRecording,
  fetchRecordingKeys,
  recordingParts,
} from '@drawbridge/gateway-client';
import type { MessagePortMain } from 'electron';
import { AppError } from '../app-error.ts';
import type { Gateways } from '../gateway/gateways.ts';
import { RECORDING_CREDIT } from '../ipc/contract.ts';
import type { Handlers } from '../ipc/serve.ts';
import { BatchCredit } from '../recordings/batch-credit.ts';
import { fileName } from '../recordings/file-name.ts';
import { streamRecording } from '../recordings/recording-stream.ts';
import { saveStream } from '../recordings/save-stream.ts';

export interface RecordingHandlersParts {
  readonly gateways: Pick<Gateways, 'active'>;
  readonly openPort: (id: string) => MessagePortMain;
  /** Asks the person where to save; undefined when they change their mind. */
  readonly askWhere: (suggestion: string) => Promise<string | undefined>;
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'the recording could not be read';

/** A live recording that breaks off says nothing: whether the right to watch it has ended is asked for. */
async function whyCutOff(api: Pick<ApiClient, 'call'>, id: SessionId, error: unknown): Promise<string> {
  try {
    const { state, may } = await api.call('getSession', { params: { id } });
    return state === 'live' && !may.watch ? 'you may no longer watch this session' : wordsOf(error);
  } catch (refusal) {
    return refusal instanceof DrawbridgeError ? refusal.message : wordsOf(error);
  }
}

const EXTENSIONS = { recording: 'dbrec', ndjson: 'ndjson', csv: 'csv', cast: 'cast' } as const;

type RecordingOperations =
  | 'sessions.get'
  | 'sessions.terminate'
  | 'recordings.open'
  | 'recordings.verify'
  | 'recordings.export'
  | 'files.save';

/** Recordings, fetched and checked here: the page gets what is to be shown. */
export function recordingHandlers(parts: RecordingHandlersParts): Pick<Handlers, RecordingOperations> {
  const { gateways } = parts;
  const save = async (
    suggestion: string,
    content: () => Promise<AsyncIterable<string | Uint8Array> | Iterable<string>>,
  ) => {
    const file = await parts.askWhere(suggestion);
    if (file === undefined) return {};
    try {
      await saveStream(file, await content());
    } catch (error) {
      // What the gateway refused says why by itself.
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      throw new AppError(
        'not_saved',
        `${file} could not be written (${error.message})`,
        'Choose another place.',
        { cause: error },
      );
    }
    return { saved: file };
  };
  return {
    'sessions.get': ({ session }) =>
      gateways.active().run((api) => api.call('getSession', { params: { id: session } })),
    'sessions.terminate': ({ session, reason }) => {
      const body = reason === undefined ? {} : { reason };
      return gateways.active().run((api) => api.call('terminateSession', { params: { id: session }, body }));
    },
    'recordings.open': ({ id, session, follow = false }) => {
      const gateway = gateways.active();
      const port = parts.openPort(id);
      const ending = new AbortController();
      const credit = new BatchCredit(RECORDING_CREDIT, ending.signal);
      port.on('close', () => ending.abort());
      port.on('message', () => credit.give());
      port.start();
      const failed = (message: string) => {
        if (!ending.signal.aborted) port.postMessage({ type: 'failed', message });
      };
      const stream = gateway.run(async (api) => {
        const bytes = await fetchRecording(api, session, ending.signal, { follow });
        await streamRecording(recordingParts(bytes), {
          send: (event) => port.postMessage(event),
          room: () => credit.take(),
          signal: ending.signal,
          explain: (error) => (follow ? whyCutOff(api, session, error) : Promise.resolve(wordsOf(error))),
        });
      });
      stream.catch((error: unknown) => failed(wordsOf(error)));
      return undefined;
    },
    'recordings.verify': ({ session }) =>
      gateways.active().run(async (api) => {
        const keys = await fetchRecordingKeys(api);
        const checked = await checkRecording(await fetchRecording(api, session), keys, session);
        if (!checked.ok) return { ok: false, reason: checked.reason };
        return { ok: true, events: checked.events, crashed: checked.manifest.crashed };
      }),
    'recordings.export': ({ session, format }) => {
      const gateway = gateways.active();
      return save(`${session}.${EXTENSIONS[format]}`, () =>
        gateway.run(async (api) => {
          const open = () => fetchRecording(api, session);
          return format === 'cast' ? exportCast(open, {}) : exportRecording(await open(), format);
        }),
      );
    },
    'files.save': ({ name, text }) => save(fileName(name), async () => [text]),
  };
}
