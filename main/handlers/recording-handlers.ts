import {
  checkRecording,
  exportRecording,
  fetchRecording,
  fetchRecordingKeys,
  recordingParts,
} from '@drawbridge/gateway-client';
import type { MessagePortMain } from 'electron';
import { AppError } from '../app-error.ts';
import type { Gateways } from '../gateway/gateways.ts';
import type { Handlers } from '../ipc/serve.ts';
import { fileName } from '../recordings/file-name.ts';
import { streamRecording } from '../recordings/recording-stream.ts';
import { saveStream } from '../recordings/save-stream.ts';

export interface RecordingHandlersParts {
  readonly gateways: Pick<Gateways, 'active'>;
  readonly openPort: (id: string) => MessagePortMain;
  /** Asks the person where to save; undefined when they change their mind. */
  readonly askWhere: (suggestion: string) => Promise<string | undefined>;
}

const EXTENSIONS = { recording: 'dbrec', ndjson: 'ndjson', csv: 'csv' } as const;

/** Recordings, fetched and checked here: the page gets what is to be shown. */
export function recordingHandlers(
  parts: RecordingHandlersParts,
): Pick<Handlers, 'recordings.open' | 'recordings.verify' | 'recordings.export' | 'files.save'> {
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
    'recordings.open': ({ id, session }) => {
      const gateway = gateways.active();
      const port = parts.openPort(id);
      const ending = new AbortController();
      port.on('close', () => ending.abort());
      port.start();
      const stream = gateway.run(async (api) => {
        const bytes = await fetchRecording(api, session, ending.signal);
        await streamRecording(recordingParts(bytes), (event) => port.postMessage(event), ending.signal);
      });
      stream.catch((error: unknown) => {
        const message = error instanceof Error ? error.message : 'the recording could not be read';
        if (!ending.signal.aborted) port.postMessage({ type: 'failed', message });
      });
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
        gateway.run(async (api) => exportRecording(await fetchRecording(api, session), format)),
      );
    },
    'files.save': ({ name, text }) => save(fileName(name), async () => [text]),
  };
}
