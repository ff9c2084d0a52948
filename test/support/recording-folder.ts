import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordingHeader } from '@drawbridge/contract';
import {
  type RecordingPart,
  readRecording,
  type Verification,
  verifyRecording,
} from '@drawbridge/contract/recording-chain';
import { newId } from '../../gateway/src/new-id.ts';
import {
  createFileRecordings,
  type FileRecordingsOptions,
} from '../../gateway/src/recording/file-recordings.ts';
import type { Recordings } from '../../gateway/src/recording/recorder.ts';
import { Keyring } from '../../gateway/src/store/keyring.ts';
import { ManualClock } from './manual-clock.ts';
import { recordedRun, recordingHeader, recordingKeyPair } from './recording-session.ts';

/** The owner in the file name of a recording whose process is gone. */
export const GONE = '1-00000000-0000000000000000';

/** A folder of recordings of one gateway, and a look behind its files. */
export class RecordingFolder {
  readonly dir: string;
  readonly clock = new ManualClock(Date.now());
  readonly gatewayId = newId('gw');
  readonly masterKey = randomBytes(32);
  readonly keys = recordingKeyPair();
  /** What recovery could not seal. */
  readonly problems: { session: string; error: Error }[] = [];

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async make(): Promise<RecordingFolder> {
    return new RecordingFolder(await mkdtemp(join(tmpdir(), 'drawbridge-recordings-')));
  }

  remove(): Promise<void> {
    return rm(this.dir, { recursive: true, force: true });
  }

  /** A gateway's recordings; another call is another instance of the same gateway. */
  create(options: Partial<FileRecordingsOptions> = {}): Promise<Recordings> {
    return createFileRecordings({
      dir: this.dir,
      keyring: new Keyring([this.masterKey]),
      signingKey: this.keys.signingKey,
      gatewayId: this.gatewayId,
      clock: this.clock,
      ticks: () => this.clock.now(),
      onProblem: (session, error) => this.problems.push({ session, error }),
      ...options,
    });
  }

  header(): RecordingHeader {
    return { ...recordingHeader(this.gatewayId), startedAt: new Date(this.clock.now()).toISOString() };
  }

  async verify(recordings: Recordings, session: string): Promise<Verification> {
    return verifyRecording([await exported(recordings, session)], [this.keys.verifyKey]);
  }

  async filesIn(folder: string): Promise<string[]> {
    const entries = await readdir(join(this.dir, folder), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }

  async onlyFileIn(folder: string): Promise<string> {
    const [path, ...others] = await this.filesIn(folder);
    if (path === undefined || others.length > 0)
      throw new Error(`expected one file in ${folder || 'the folder'}`);
    return path;
  }

  /** Makes the open recordings those of a process that is gone. */
  async abandonAll(): Promise<void> {
    for (const path of await this.filesIn('open')) await rename(path, path.replace(/[^.]+$/, GONE));
  }

  /** A recording of three calls (runs 0, then 1 and 2, then 3), left as a crash would leave it. */
  async crashed(): Promise<{ session: RecordingHeader['session']; path: string; stored: Buffer }> {
    const header = this.header();
    const recorder = (await this.create()).open(header);
    recorder.record(recordedRun(0));
    recorder.record([...recordedRun(1, 5), ...recordedRun(2)]);
    recorder.record(recordedRun(3));
    await this.abandonAll();
    const path = await this.onlyFileIn('open');
    return { session: header.session, path, stored: await readFile(path) };
  }
}

export async function exported(recordings: Recordings, session: string): Promise<Buffer> {
  const chunks = await recordings.read(session);
  if (chunks === undefined) throw new Error(`no recording of ${session}`);
  const found: Uint8Array[] = [];
  for await (const chunk of chunks) found.push(chunk);
  return Buffer.concat(found);
}

export async function partsOf(recordings: Recordings, session: string): Promise<RecordingPart[]> {
  const found: RecordingPart[] = [];
  for await (const part of readRecording([await exported(recordings, session)])) found.push(part);
  return found;
}

/** Numbers of the runs in a recording, see `recordedRun`. */
export const runsIn = (parts: readonly RecordingPart[]): number[] =>
  parts.flatMap((part) =>
    part.kind === 'event' && part.event.type === 'execute'
      ? [Number(part.event.parameters[0]?.slice(7))]
      : [],
  );

/** What stands before the frames of a stored file, and each of them, by the lengths it states. */
export function framesOf(stored: Buffer): { prefix: Buffer; frames: Buffer[] } {
  const start = 12 + stored.readUInt32BE(8);
  const frames: Buffer[] = [];
  for (let offset = start; offset < stored.length; ) {
    const end = offset + 24 + stored.readUInt32BE(offset) + 16;
    frames.push(stored.subarray(offset, end));
    offset = end;
  }
  return { prefix: stored.subarray(0, start), frames };
}
