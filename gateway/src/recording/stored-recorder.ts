import type { RecordingHeader, RecordingManifest, SessionEndCode } from '@drawbridge/contract';
import {
  chainNext,
  chainNextOf,
  encodedEventBound,
  encodeEventHead,
  encodeEventInto,
  encodeManifest,
  recordedEventText,
} from '@drawbridge/contract/recording-chain';
import type { Clock } from '../clock.ts';
import type { Growth } from './growth.ts';
import {
  lengthOf,
  type RecordedBytes,
  type Recorder,
  type RecordingEntry,
  RecordingFailed,
} from './recorder.ts';
import type { OpenRecording } from './recording-store.ts';
import type { Scratch } from './scratch.ts';
import { type RecordingSigningKey, signManifest } from './sign-manifest.ts';
import { FRAME_HEAD, FRAME_TAG, type FrameSealer } from './stored-frames.ts';

/** Where a recording stands: what the next event goes on from. */
export interface RecordingPosition {
  readonly head: Buffer;
  readonly events: number;
  /** Time of the last event, in ms since the start. */
  readonly at: number;
}

interface StoredRecorderParts {
  readonly header: RecordingHeader;
  readonly file: OpenRecording;
  readonly growth: Growth;
  readonly sealer: FrameSealer;
  readonly position: RecordingPosition;
  readonly scratch: { readonly plain: Scratch; readonly frame: Scratch };
  readonly signingKey: RecordingSigningKey;
  readonly clock: Pick<Clock, 'now'>;
  /** Milliseconds since the session's start, to the microsecond. */
  readonly elapsed: () => number;
  /** Throws once others may have taken hold of the recording. */
  readonly assertAlive: () => void;
}

/** Encodes, chains, encrypts and appends: one call of `record`, one frame, one write. */
export class StoredRecorder implements Recorder {
  readonly #parts: StoredRecorderParts;
  #position: RecordingPosition;
  #failure: RecordingFailed | undefined;
  #sealing: Promise<RecordingManifest> | undefined;

  constructor(parts: StoredRecorderParts) {
    this.#parts = parts;
    this.#position = parts.position;
  }

  record(entries: readonly RecordingEntry[]): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#sealing !== undefined)
      throw new RecordingFailed('the recording is sealed; nothing can be added to it');
    if (entries.length === 0) return;
    try {
      this.#parts.assertAlive();
      const { plain, length, position } = this.#encode(entries, 0);
      this.#append(plain, length, false);
      this.#position = position;
    } catch (cause) {
      this.#failure = new RecordingFailed(`the recording can't be written: ${messageOf(cause)}`, { cause });
      throw this.#failure;
    }
  }

  seal(end: { code: SessionEndCode; reason: string }): Promise<RecordingManifest> {
    this.#sealing ??= this.#seal(end, false);
    return this.#sealing;
  }

  /** Seals what a crash left. The time of the end is that of the last thing known, as nobody knows the real one. */
  sealCrashed(): Promise<RecordingManifest> {
    const end = { code: 'gateway_crashed', reason: 'the gateway stopped without warning' } as const;
    this.#sealing ??= this.#seal(end, true);
    return this.#sealing;
  }

  async #seal(end: { code: SessionEndCode; reason: string }, crashed: boolean): Promise<RecordingManifest> {
    const { file, growth, header, signingKey, clock } = this.#parts;
    try {
      await file.assertHeld();
      const { bytes, length, position } = this.#encode([{ event: { type: 'end', ...end } }], MANIFEST_ROOM);
      const manifest: RecordingManifest = {
        version: 1,
        session: header.session,
        gateway: header.gateway,
        events: position.events,
        head: position.head.toString('hex'),
        startedAt: header.startedAt,
        sealedAt: new Date(clock.now()).toISOString(),
        endCode: end.code,
        crashed,
      };
      const trailer = encodeManifest(signManifest(manifest, signingKey));
      // The end and its seal are one frame: either both are there or neither.
      bytes.set(trailer, length);
      const whole = length + trailer.length;
      this.#append([bytes.subarray(0, whole)], whole, true);
      await file.finish();
      return manifest;
    } catch (cause) {
      throw new RecordingFailed(`the recording can't be sealed: ${messageOf(cause)}`, { cause });
    } finally {
      file.release();
      growth.end();
    }
  }

  #encode(entries: readonly RecordingEntry[], room: number): Encoded {
    let { head, events, at } = this.#position;
    at = Math.max(at, this.#parts.elapsed());
    const texts: string[] = [];
    let bound = room;
    for (const { event, payload } of entries) {
      const text = recordedEventText(event, events + texts.length, at);
      bound += encodedEventBound(text, short(payload));
      texts.push(text);
    }
    const bytes = this.#parts.scratch.plain.take(bound);
    const plain: Uint8Array[] = [];
    let from = 0;
    let to = 0;
    let length = 0;
    let index = 0;
    for (const text of texts) {
      const payload = entries[index++]?.payload;
      const start = to;
      const pieces = long(payload);
      if (pieces !== undefined) {
        const size = lengthOf(pieces);
        to = encodeEventHead(bytes, start, text, size);
        head = chainNextOf(head, [bytes.subarray(start, to), ...pieces]);
        plain.push(bytes.subarray(from, to), ...pieces);
        length += to - from + size;
        from = to;
      } else {
        to = encodeEventInto(bytes, start, text, short(payload));
        head = chainNext(head, bytes.subarray(start, to));
      }
      events++;
    }
    if (to > from) plain.push(bytes.subarray(from, to));
    return { bytes, plain, length: length + to - from, position: { head, events, at } };
  }

  #append(plain: readonly Uint8Array[], length: number, last: boolean): void {
    const { file, growth, scratch, sealer } = this.#parts;
    try {
      file.append(sealer.seal(plain, length, scratch.frame.take(FRAME_HEAD + length + FRAME_TAG), last));
    } catch (error) {
      // What was cut off again may be on the disk all the same; its nonce must not meet another text.
      sealer.renew();
      throw error;
    }
    sealer.advance();
    growth.grew();
  }
}

interface Encoded {
  /** The scratch with what is not long. */
  readonly bytes: Buffer;
  /** What is to be written, `length` bytes in pieces. */
  readonly plain: readonly Uint8Array[];
  readonly length: number;
  readonly position: RecordingPosition;
}

/** From this many bytes on, to copy a payload to where its event stands costs more than to go on with it in pieces. */
const LONG = 8 * 1024;

function long(payload: RecordedBytes | undefined): readonly Uint8Array[] | undefined {
  if (!(payload instanceof Uint8Array)) return payload;
  return payload.length < LONG ? undefined : [payload];
}

const short = (payload: RecordedBytes | undefined): Uint8Array | undefined =>
  payload instanceof Uint8Array && payload.length < LONG ? payload : undefined;

/** More than a manifest takes. */
const MANIFEST_ROOM = 4096;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
