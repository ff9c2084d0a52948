import type {
  GatewayId,
  RecordingEventInput,
  RecordingHeader,
  RecordingManifest,
  SessionEndCode,
} from '@drawbridge/contract';

export interface RecordingEntry {
  readonly event: RecordingEventInput;
  /** Bytes that belong to the event (rows, bulk data), in one piece or as they came. Not kept after the call returns. */
  readonly payload?: RecordedBytes | undefined;
}

export type RecordedBytes = Uint8Array | readonly Uint8Array[];

/** How many bytes they are. */
export const lengthOf = (bytes: RecordedBytes): number =>
  bytes instanceof Uint8Array ? bytes.length : bytes.reduce((sum, { length }) => sum + length, 0);

/** A copy, in one piece. */
export const joined = (bytes: RecordedBytes): Buffer =>
  bytes instanceof Uint8Array ? Buffer.from(bytes) : Buffer.concat(bytes);

/** Thrown by `record` when the recording can't be written; the session it belongs to must end at once. */
export class RecordingFailed extends Error {
  override readonly name = 'RecordingFailed';
}

/** The open recording of one session. */
export interface Recorder {
  /**
   * Appends events in order. When it returns they are written to the operating system: a crash of the
   * process loses none. One call is one write, so a caller gathers what one chunk brought.
   * @throws RecordingFailed when they can't be written, and from then on always.
   */
  record(entries: readonly RecordingEntry[]): void;
  /** Appends the `end` event, signs the manifest and closes. Safe to call after a failure: seals what is there. */
  seal(end: { code: SessionEndCode; reason: string }): Promise<RecordingManifest>;
}

/** Where recordings are kept and read back. */
export interface Recordings {
  /** @throws RecordingFailed when it can't be created. */
  open(header: RecordingHeader): Recorder;
  /**
   * Seals recordings that a crash left open. Returns what it sealed.
   * @param gateway whose: this one's own, before it accepts sessions, or those of one that is known to be gone
   */
  recover(gateway?: GatewayId): Promise<readonly RecordingManifest[]>;
  /** Other gateways that have recordings open where this one keeps its own, or left some so. */
  openElsewhere(): Promise<readonly GatewayId[]>;
  /** The recording as `RECORDING_MEDIA_TYPE`, decrypted, streamed; an open one up to what is written now, without manifest. Undefined where there is none. */
  read(session: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /**
   * The same, and of one that is being written whatever is added, as it is written, until its end. Whoever reads
   * slowly holds up nobody and nothing is kept for them. Undefined where there is none, or where another process
   * writes it: nobody here would hear that it grew.
   * @param signal ends the reading with its reason
   */
  follow(session: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined>;
}
