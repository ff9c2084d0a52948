import { RecordingManifest, type RecordingPart } from '@drawbridge/contract';
import type { RecordingPortEvent } from '../ipc/contract.ts';

/** Events go in batches of about this many, or this many bytes of payload. */
const EVENTS = 200;
const BYTES = 512 * 1024;

type Batch = Extract<RecordingPortEvent, { type: 'events' }>['events'][number][];

/** Sends a recording part by part, in batches; between them the process gets its turn. Stops when `signal` aborts. */
export async function streamRecording(
  parts: AsyncIterable<RecordingPart>,
  send: (event: RecordingPortEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  let batch: Batch = [];
  let bytes = 0;
  let manifest: RecordingManifest | undefined;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    send({ type: 'events', events: batch });
    batch = [];
    bytes = 0;
    await new Promise((resolve) => setImmediate(resolve));
  };
  try {
    for await (const part of parts) {
      if (signal.aborted) return;
      if (part.kind === 'header') send({ type: 'header', header: part.header });
      else if (part.kind === 'manifest') manifest = readManifest(part.jws);
      else {
        // A copy: a port would send the whole buffer behind the view.
        const payload = part.payload.length === 0 ? {} : { payload: new Uint8Array(part.payload) };
        batch.push({ event: part.event, ...payload });
        bytes += part.payload.length;
        if (batch.length >= EVENTS || bytes >= BYTES) await flush();
      }
    }
    await flush();
    send({ type: 'end', ...(manifest === undefined ? {} : { manifest }) });
  } catch (error) {
    if (signal.aborted) return;
    send({
      type: 'failed',
      message: error instanceof Error ? error.message : 'the recording could not be read',
    });
  }
}

/** What the manifest claims (RFC 7515 section 7.1); whether it is true says *verify*. */
function readManifest(jws: string): RecordingManifest | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return RecordingManifest.parse(claims);
  } catch {
    return undefined;
  }
}
