import { RecordingManifest, type RecordingPart } from '@drawbridge/contract';
import type { RecordingPortEvent } from '../ipc/contract.ts';

/** Events go in batches of at most about this many, or this many bytes of payload. */
const EVENTS = 200;
const BYTES = 512 * 1024;

type Batch = Extract<RecordingPortEvent, { type: 'events' }>['events'][number][];

export interface RecordingListener {
  readonly send: (event: RecordingPortEvent) => void;
  /** Resolves once another batch may be sent: nothing is read before it. */
  readonly room: () => Promise<void>;
  readonly signal: AbortSignal;
  /** Says what a failure means for the person who reads. */
  readonly explain: (error: unknown) => Promise<string>;
}

/**
 * Sends a recording part by part, in batches. What has come is sent as soon as nothing more is there, so that one
 * that is being written shows at once; between batches the process gets its turn. Stops when `signal` aborts.
 */
export async function streamRecording(
  parts: AsyncIterable<RecordingPart>,
  { send, room, signal, explain }: RecordingListener,
): Promise<void> {
  let batch: Batch = [];
  let bytes = 0;
  let manifest: RecordingManifest | undefined;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    await room();
    if (signal.aborted) return;
    send({ type: 'events', events: batch });
    batch = [];
    bytes = 0;
  };
  const source = parts[Symbol.asyncIterator]();
  try {
    for (;;) {
      const coming = source.next();
      if (batch.length > 0 && !(await isThere(coming))) await flush();
      const { done, value: part } = await coming;
      if (signal.aborted) return;
      if (done) break;
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
    if (!signal.aborted) send({ type: 'end', ...(manifest === undefined ? {} : { manifest }) });
  } catch (error) {
    await flush();
    const message = await explain(error);
    if (!signal.aborted) send({ type: 'failed', message });
  } finally {
    await source.return?.();
  }
}

/** Whether it settles in this turn of the process: what was read already does, what has yet to be written doesn't. */
async function isThere(coming: Promise<unknown>): Promise<boolean> {
  const yes = coming.then(
    () => true,
    () => true,
  );
  return Promise.race([yes, new Promise<false>((resolve) => setImmediate(() => resolve(false)))]);
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
