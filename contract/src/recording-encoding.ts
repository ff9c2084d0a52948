import { ByteQueue } from './byte-queue.ts';
import { RecordingEvent, RecordingHeader } from './recording.ts';

/**
 * A recording as it is exported (`RECORDING_MEDIA_TYPE`); all numbers are unsigned 32-bit, big-endian:
 *
 *     magic 8 bytes | length, header JSON
 *     each event:     length, JSON | length, payload
 *     once sealed:    0xFFFFFFFF | length, manifest as compact JWS (RFC 7515)
 *
 * Nothing follows the manifest. Where a recording is followed while it grows, `0xFFFFFFFE` may stand between two
 * events as a sign of life; it says nothing, and no recording that is stored has it. `docs/recordings.md` tells the same to whoever checks one by hand.
 */
export const RECORDING_MAGIC: Uint8Array = new Uint8Array([0x44, 0x42, 0x52, 0x47, 0x52, 0x45, 0x43, 0x01]); // DBRGREC, version 1
/** Stands where an event would have its length; no event is that long. */
const MANIFEST_MARK = 0xffff_ffff;
const KEEP_ALIVE_MARK = 0xffff_fffe;

/** Most bytes that each part may have. The writer keeps to them, so a file beyond them is not ours. */
export const RECORDING_LIMITS = {
  header: 1 << 20,
  event: 64 << 20,
  payload: 512 << 20,
  manifest: 64 << 10,
} as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The bytes of a recording are not a recording, or not one whole. */
export class RecordingInvalid extends Error {
  override readonly name = 'RecordingInvalid';
  /** Position of the event at which it shows, where it is one. */
  readonly at: number | undefined;

  constructor(message: string, at?: number, options?: ErrorOptions) {
    super(message, options);
    this.at = at;
  }
}

/** What a recording begins with, and within it the header's JSON (which the chain starts from). */
export function encodeRecordingStart(header: RecordingHeader): { bytes: Uint8Array; json: Uint8Array } {
  const json = encoder.encode(JSON.stringify(header));
  if (json.length > RECORDING_LIMITS.header) throw new RecordingInvalid('the header is too long');
  const bytes = new Uint8Array(RECORDING_MAGIC.length + 4 + json.length);
  bytes.set(RECORDING_MAGIC);
  new DataView(bytes.buffer).setUint32(RECORDING_MAGIC.length, json.length);
  bytes.set(json, RECORDING_MAGIC.length + 4);
  return { bytes, json };
}

/** What ends a sealed recording. */
export function encodeManifest(jws: string): Uint8Array {
  const text = encoder.encode(jws);
  const bytes = new Uint8Array(8 + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MANIFEST_MARK);
  view.setUint32(4, text.length);
  bytes.set(text, 8);
  return bytes;
}

/** A sign of life, to be sent between two events to whoever follows a recording in which nothing happens. */
export function encodeKeepAlive(): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, KEEP_ALIVE_MARK);
  return bytes;
}

/** One part of a recording. The bytes are views that stay valid. */
export type RecordingPart =
  | { readonly kind: 'header'; readonly header: RecordingHeader; readonly json: Uint8Array }
  | {
      readonly kind: 'event';
      readonly event: RecordingEvent;
      readonly payload: Uint8Array;
      /** The event as it stands in the file, lengths included: what the chain covers. */
      readonly encoded: Uint8Array;
    }
  | { readonly kind: 'manifest'; readonly jws: string };

/**
 * Reads an exported recording piece by piece, holding one event at a time. An open recording ends without a
 * manifest; one that was cut within a part throws. Checks form only: see `verifyRecording` for the chain.
 * @throws RecordingInvalid
 */
export async function* readRecording(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<RecordingPart, void, undefined> {
  const bytes = new ByteQueue(chunks);
  try {
    yield await readHeader(bytes);
    for (let count = 0; ; ) {
      if (bytes.available === 0 && !(await bytes.has(1))) return;
      if (bytes.available < 4) await need(bytes, 4, count);
      const length = bytes.peekUint32(0);
      if (length === KEEP_ALIVE_MARK) {
        bytes.take(4);
        continue;
      }
      if (length === MANIFEST_MARK) {
        yield await readManifest(bytes);
        if (await bytes.has(1)) throw new RecordingInvalid('something follows the manifest');
        return;
      }
      yield await readEvent(bytes, length, count);
      count++;
    }
  } finally {
    await bytes.close();
  }
}

async function readHeader(bytes: ByteQueue): Promise<RecordingPart> {
  if (!(await bytes.has(12)))
    throw new RecordingInvalid('this is not a Drawbridge recording: it is too short');
  const magic = bytes.take(8);
  if (RECORDING_MAGIC.some((byte, index) => magic[index] !== byte))
    throw new RecordingInvalid('this is not a Drawbridge recording, or one of a version not known here');
  const length = bytes.takeUint32();
  if (length > RECORDING_LIMITS.header) throw new RecordingInvalid('the header is longer than any can be');
  if (!(await bytes.has(length))) throw new RecordingInvalid('the recording is cut off within its header');
  const json = bytes.take(length);
  const parsed = RecordingHeader.safeParse(parseJson(json, 'the header'));
  if (!parsed.success) throw new RecordingInvalid(`the header is not understood: ${issueOf(parsed.error)}`);
  return { kind: 'header', header: parsed.data, json };
}

async function readEvent(bytes: ByteQueue, length: number, count: number): Promise<RecordingPart> {
  if (length > RECORDING_LIMITS.event)
    throw new RecordingInvalid(`event ${count} is longer than any can be`, count);
  if (bytes.available < 8 + length) await need(bytes, 8 + length, count);
  const size = bytes.peekUint32(4 + length);
  if (size > RECORDING_LIMITS.payload)
    throw new RecordingInvalid(`the data of event ${count} is longer than any can be`, count);
  if (bytes.available < 8 + length + size) await need(bytes, 8 + length + size, count);
  const encoded = bytes.take(8 + length + size);
  const parsed = RecordingEvent.safeParse(
    parseJson(encoded.subarray(4, 4 + length), `event ${count}`, count),
  );
  if (!parsed.success)
    throw new RecordingInvalid(`event ${count} is not understood: ${issueOf(parsed.error)}`, count);
  return { kind: 'event', event: parsed.data, payload: encoded.subarray(8 + length), encoded };
}

async function readManifest(bytes: ByteQueue): Promise<RecordingPart> {
  if (!(await bytes.has(8))) throw new RecordingInvalid('the recording is cut off within its manifest');
  const length = bytes.peekUint32(4);
  if (length > RECORDING_LIMITS.manifest)
    throw new RecordingInvalid('the manifest is longer than any can be');
  if (!(await bytes.has(8 + length)))
    throw new RecordingInvalid('the recording is cut off within its manifest');
  try {
    return { kind: 'manifest', jws: decoder.decode(bytes.take(8 + length).subarray(8)) };
  } catch (cause) {
    throw new RecordingInvalid('the manifest is not text', undefined, { cause });
  }
}

async function need(bytes: ByteQueue, count: number, at: number): Promise<void> {
  if (!(await bytes.has(count)))
    throw new RecordingInvalid(`the recording is cut off within event ${at}`, at);
}

function parseJson(bytes: Uint8Array, what: string, at?: number): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new RecordingInvalid(`${what} is not JSON`, at, { cause });
  }
}

const issueOf = (error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] }): string =>
  error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.map(String).join('.')}: ${issue.message}`)
    .join('; ');
