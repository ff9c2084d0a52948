import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type RecordingHeader, SessionId } from '@drawbridge/contract';
import { type RecordingPart, readRecording, verifyRecording } from '@drawbridge/contract/recording-chain';
import { compactVerify, importJWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { recordedRun, recordingHeader, recordingKeyPair } from '../../../test/support/recording-session.ts';
import { newId } from '../new-id.ts';
import { Keyring } from '../store/keyring.ts';
import { createFileRecordings, type FileRecordingsOptions } from './file-recordings.ts';
import { RecordingFailed, type Recordings } from './recorder.ts';
import { RecordingDamaged } from './recording-damaged.ts';

const masterKey = randomBytes(32);
const keyring = new Keyring([masterKey]);
const { signingKey, verifyKey } = recordingKeyPair();
const gatewayId = newId('gw');
const END = { code: 'client_closed', reason: 'the client is done' } as const;

let dir: string;
let clock: ManualClock;
let problems: { session: string; error: Error }[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drawbridge-recordings-'));
  clock = new ManualClock(Date.now());
  problems = [];
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const create = (options: Partial<FileRecordingsOptions> = {}): Promise<Recordings> =>
  createFileRecordings({
    dir,
    keyring,
    signingKey,
    gatewayId,
    clock,
    ticks: () => clock.now(),
    onProblem: (session, error) => problems.push({ session, error }),
    ...options,
  });

const header = (): RecordingHeader => ({
  ...recordingHeader(gatewayId),
  startedAt: new Date(clock.now()).toISOString(),
});

async function exported(recordings: Recordings, session: string): Promise<Buffer> {
  const chunks = await recordings.read(session);
  if (chunks === undefined) throw new Error(`no recording of ${session}`);
  const found: Uint8Array[] = [];
  for await (const chunk of chunks) found.push(chunk);
  return Buffer.concat(found);
}

async function partsOf(recordings: Recordings, session: string): Promise<RecordingPart[]> {
  const found: RecordingPart[] = [];
  for await (const part of readRecording([await exported(recordings, session)])) found.push(part);
  return found;
}

/** Numbers of the runs in a recording, see `recordedRun`. */
const runsIn = (parts: readonly RecordingPart[]): number[] =>
  parts.flatMap((part) =>
    part.kind === 'event' && part.event.type === 'execute'
      ? [Number(part.event.parameters[0]?.slice(7))]
      : [],
  );

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(dir, folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function onlyFileIn(folder: string): Promise<string> {
  const files = await filesIn(folder);
  expect(files).toHaveLength(1);
  return files[0] ?? '';
}

/** Makes the open recordings of the folder those of a process that is gone. */
async function abandonAll(): Promise<void> {
  for (const path of await filesIn('open'))
    await rename(path, path.replace(/[^.]+$/, '1-00000000-0000000000000000'));
}

/** Where frames begin and end in a stored file, read from its lengths. */
function framesOf(stored: Buffer): { prefix: Buffer; frames: Buffer[] } {
  const start = 12 + stored.readUInt32BE(8);
  const frames: Buffer[] = [];
  for (let offset = start; offset < stored.length; ) {
    const end = offset + 24 + stored.readUInt32BE(offset) + 16;
    frames.push(stored.subarray(offset, end));
    offset = end;
  }
  return { prefix: stored.subarray(0, start), frames };
}

/** A recording of three calls, left as a crash would leave it: its session, header and file. */
async function crashed(recordings: Recordings) {
  const started = header();
  const recorder = recordings.open(started);
  recorder.record(recordedRun(0));
  recorder.record([...recordedRun(1, 5), ...recordedRun(2)]);
  recorder.record(recordedRun(3));
  await abandonAll();
  const path = await onlyFileIn('open');
  return { session: started.session, path, stored: await readFile(path) };
}

describe('a recording', () => {
  it('comes back as it was recorded, sealed, and verifies with the public key alone', async () => {
    const recordings = await create();
    const started = header();
    const recorder = recordings.open(started);
    clock.advance(10);
    recorder.record([{ event: { type: 'client', name: 'psql', settings: { a: 'größer \ud83d\ude00' } } }]);
    clock.advance(5);
    recorder.record(recordedRun(7, 100));
    recorder.record([]);
    const manifest = await recorder.seal(END);

    const bytes = await exported(recordings, started.session);
    expect(await verifyRecording([bytes], [verifyKey])).toMatchObject({
      ok: true,
      events: 4,
      manifest,
      header: started,
    });
    expect(manifest).toMatchObject({
      events: 4,
      endCode: 'client_closed',
      crashed: false,
      session: started.session,
    });
    const parts = await partsOf(recordings, started.session);
    expect(
      parts.flatMap((part) =>
        part.kind === 'event' ? [[part.event.seq, part.event.at, part.event.type]] : [],
      ),
    ).toEqual([
      [0, 10, 'client'],
      [1, 15, 'execute'],
      [2, 15, 'copy'],
      [3, 15, 'end'],
    ]);
  });

  it('has a manifest that any JOSE library checks', async () => {
    const recordings = await create();
    const started = header();
    await recordings.open(started).seal(END);
    const manifest = (await partsOf(recordings, started.session)).at(-1);
    if (manifest?.kind !== 'manifest') throw new Error('no manifest');
    const { payload, protectedHeader } = await compactVerify(manifest.jws, await importJWK({ ...verifyKey }));
    expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'drawbridge-recording+jws', kid: verifyKey.kid });
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({
      session: started.session,
      events: 1,
    });
  });

  it('never goes back in time, whatever the clock does', async () => {
    let ticks = 100;
    const recordings = await create({ ticks: () => ticks });
    const started = header();
    const recorder = recordings.open(started);
    ticks = 105.12345;
    recorder.record(recordedRun(0));
    ticks = 90;
    recorder.record(recordedRun(1));
    const events = (await partsOf(recordings, started.session)).flatMap((part) =>
      part.kind === 'event' ? [part.event.at] : [],
    );
    expect(events).toEqual([5.123, 5.123]);
    await recorder.seal(END);
  });

  it('can be read while it is open, without manifest', async () => {
    const recordings = await create();
    const started = header();
    const recorder = recordings.open(started);
    recorder.record(recordedRun(0));
    expect(await verifyRecording([await exported(recordings, started.session)], [verifyKey])).toMatchObject({
      ok: false,
    });
    expect(runsIn(await partsOf(recordings, started.session))).toEqual([0]);
    await recorder.seal(END);
  });

  it('is a file for the gateway alone, and says nothing without the key', async () => {
    const recordings = await create();
    const recorder = recordings.open(header());
    recorder.record(recordedRun(0));
    await recorder.seal(END);
    const path = await onlyFileIn('');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
    const stored = (await readFile(path)).toString('latin1');
    for (const secret of ['marker', 'nobody else', 'alice', 'orders-db'])
      expect(stored).not.toContain(secret);
  });

  it('takes nothing more once sealed, and is sealed once', async () => {
    const recordings = await create();
    const started = header();
    const recorder = recordings.open(started);
    const [first, second] = await Promise.all([
      recorder.seal(END),
      recorder.seal({ code: 'terminated', reason: 'late' }),
    ]);
    expect(second).toEqual(first);
    expect(() => recorder.record(recordedRun(1))).toThrow(RecordingFailed);
    expect(await recordings.recover()).toEqual([]);
  });

  it('exists once a session, and not at all for others', async () => {
    const recordings = await create();
    const started = header();
    const recorder = recordings.open(started);
    expect(() => recordings.open(started)).toThrow(RecordingFailed);
    expect(() => recordings.open({ ...header(), gateway: newId('gw') })).toThrow(RecordingFailed);
    expect(await recordings.read(newId('ses'))).toBeUndefined();
    expect(await recordings.read('../../etc/passwd')).toBeUndefined();
    await recorder.seal(END);
  });

  it('can not be read under another master key', async () => {
    const started = header();
    await (await create()).open(started).seal(END);
    const other = await create({ keyring: new Keyring([randomBytes(32)]) });
    await expect(exported(other, started.session)).rejects.toThrow(/can't be decrypted/);
  });
});

describe('a stored file that was changed', () => {
  it('is noticed for every byte, and the reading fails rather than leaving something out', async () => {
    const recordings = await create();
    const started = header();
    const recorder = recordings.open(started);
    recorder.record(recordedRun(0));
    await recorder.seal(END);
    const path = await onlyFileIn('');
    const stored = await readFile(path);
    for (let index = 0; index < stored.length; index++) {
      const changed = Buffer.from(stored);
      changed[index] = (changed[index] ?? 0) ^ 1;
      await writeFile(path, changed);
      await expect(exported(recordings, started.session), `byte ${index}`).rejects.toThrow(RecordingDamaged);
    }
  });

  it('is noticed when frames are dropped, repeated, swapped or come from another recording', async () => {
    const recordings = await create();
    const sessions = [header(), header()];
    for (const started of sessions) {
      const recorder = recordings.open(started);
      for (let number = 0; number < 3; number++) recorder.record(recordedRun(number));
      await recorder.seal(END);
    }
    const [path = '', otherPath = ''] = (await filesIn('')).sort();
    const session = path.slice(path.lastIndexOf('/') + 1).replace('.rec', '');
    const { prefix, frames } = framesOf(await readFile(path));
    const foreign = framesOf(await readFile(otherPath)).frames;
    const refused = async (changed: Buffer[]) => {
      await writeFile(path, Buffer.concat([prefix, ...changed]));
      await expect(exported(recordings, session)).rejects.toThrow(RecordingDamaged);
    };
    for (const [index, frame] of frames.entries()) {
      await refused(frames.toSpliced(index, 1));
      await refused(frames.toSpliced(index, 0, frame));
      await refused(frames.with(index, foreign[index] ?? Buffer.alloc(0)));
      if (index > 0) await refused(frames.with(index, frames[index - 1] ?? frame).with(index - 1, frame));
    }
  });
});

describe('recover', () => {
  it('seals what a crash left, marked so, wherever it was cut off', async () => {
    const { session, path, stored } = await crashed(await create());
    const { prefix, frames } = framesOf(stored);
    const ends = frames.map((_, index) => prefix.length + Buffer.concat(frames.slice(0, index + 1)).length);
    const runsAt = [[], [0], [0, 1, 2], [0, 1, 2, 3]];
    // Every place from the first event on, and some before, where all fail alike.
    for (let length = 0; length <= stored.length; length += length < (ends[0] ?? 0) - 40 ? 20 : 1) {
      await rm(dir, { recursive: true });
      await mkdir(join(dir, 'open'), { recursive: true });
      await writeFile(path, stored.subarray(0, length));
      const recordings = await create();
      const sealed = await recordings.recover();
      const whole = ends.filter((end) => end <= length).length;
      if (whole === 0) {
        // Nothing that could be sealed; what there is stays for a person to look at.
        expect(sealed).toEqual([]);
        expect(await readFile(await onlyFileIn('damaged'))).toEqual(stored.subarray(0, length));
        continue;
      }
      expect(sealed, `cut off at ${length}`).toMatchObject([
        { session, endCode: 'gateway_crashed', crashed: true },
      ]);
      expect(await verifyRecording([await exported(recordings, session)], [verifyKey])).toMatchObject({
        ok: true,
      });
      expect(runsIn(await partsOf(recordings, session))).toEqual(runsAt[whole - 1]);
      expect(await recordings.recover()).toEqual([]);
    }
  }, 60_000);

  it('uses no nonce twice, also where a torn frame is written anew', async () => {
    const { path, stored } = await crashed(await create());
    await writeFile(path, stored.subarray(0, stored.length - 1));
    await (await create()).recover();
    const nonces = (frames: Buffer[]) =>
      frames.map((frame) => frame.subarray(4, 8).toString('hex') + frame.subarray(12, 20).toString('hex'));
    const before = nonces(framesOf(stored).frames);
    const after = nonces(framesOf(await readFile(await onlyFileIn(''))).frames);
    expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
    expect(before).not.toContain(after.at(-1));
  });

  it('finishes a sealing that a crash cut off, without sealing again', async () => {
    const recordings = await create();
    const started = header();
    const manifest = await recordings.open(started).seal(END);
    const finished = await onlyFileIn('');
    const path = join(dir, 'open', `${started.session}.${gatewayId}.1-00000000-0000000000000000`);
    await rename(finished, path);
    expect(await recordings.recover()).toEqual([manifest]);
    expect(await readFile(await onlyFileIn(''))).toHaveLength((await stat(finished)).size);
    expect(await verifyRecording([await exported(recordings, started.session)], [verifyKey])).toMatchObject({
      ok: true,
      manifest,
    });
  });

  it('never replaces a finished recording', async () => {
    const { session, path, stored } = await crashed(await create());
    const recordings = await create();
    await recordings.recover();
    const finished = await exported(recordings, session);
    await writeFile(path, stored.subarray(0, stored.length - 1));
    expect(await (await create()).recover()).toEqual([]);
    expect(problems).toMatchObject([{ session }]);
    expect(await exported(recordings, session)).toEqual(finished);
  });

  it('sets a damaged one aside, whole, and seals the others', async () => {
    const recordings = await create();
    const { session, path, stored } = await crashed(recordings);
    const { prefix, frames } = framesOf(stored);
    const broken = Buffer.from(stored);
    const place = prefix.length + (frames[0]?.length ?? 0);
    broken[place] = 0x7f; // a length beyond the end: not to be taken for a frame cut off
    await writeFile(path, broken);
    const other = header();
    recordings.open(other).record(recordedRun(9));
    await abandonAll();

    expect(await (await create()).recover()).toMatchObject([{ session: other.session }]);
    expect(problems).toMatchObject([{ session, error: { name: 'RecordingDamaged' } }]);
    expect(await readFile(await onlyFileIn('damaged'))).toEqual(broken);
    await expect(exported(recordings, session)).rejects.toThrow(/frame 1 .* is damaged/);
  });

  it('leaves alone what it has no key for, what is open, and what another gateway holds', async () => {
    const { session } = await crashed(await create());
    const recordings = await create();
    expect(await (await create({ keyring: new Keyring([randomBytes(32)]) })).recover()).toEqual([]);
    expect(problems).toMatchObject([{ session, error: { code: 'key' } }]);
    expect(await (await create({ gatewayId: newId('gw') })).recover()).toEqual([]);
    await abandonAll();

    const open = recordings.open(header());
    open.record(recordedRun(0));
    expect(await recordings.recover()).toMatchObject([{ session }]);
    expect(await (await create()).recover()).toEqual([]);
    expect(await open.seal(END)).toMatchObject({ crashed: false });
  });

  it('seals once when two try at the same time', async () => {
    const instances = await Promise.all([create(), create(), create()]);
    const [first] = instances;
    if (first === undefined) throw new Error('three were made');
    const { session } = await crashed(first);
    const sealed = (await Promise.all([...instances, ...instances].map((one) => one.recover()))).flat();
    expect(sealed).toMatchObject([{ session }]);
    expect(await verifyRecording([await exported(first, session)], [verifyKey])).toMatchObject({ ok: true });
  });
});

describe('a process killed while it records', () => {
  it('loses nothing it had recorded, and is left alone while it lives', async () => {
    const script = fileURLToPath(new URL('../../../test/support/recording-writer.ts', import.meta.url));
    const writer = spawn(
      process.execPath,
      ['--conditions=source', '--import', 'tsx', script, dir, gatewayId, masterKey.toString('base64')],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const exit = once(writer, 'exit');
    const recordings = await create();
    const said: string[] = [];
    try {
      for await (const line of createInterface(writer.stdout)) {
        said.push(line);
        if (said.length === 1000) expect(await recordings.recover()).toEqual([]);
        if (said.length === 2000) writer.kill('SIGKILL');
      }
      await exit;
    } finally {
      writer.kill('SIGKILL');
    }
    const session = SessionId.parse(said[0]);
    const reported = said.slice(1).map(Number);
    expect(await recordings.recover()).toMatchObject([
      { session, crashed: true, endCode: 'gateway_crashed' },
    ]);
    const bytes = await exported(recordings, session);
    expect(await verifyRecording([bytes], [verifyKey])).toMatchObject({ ok: true });
    expect(runsIn(await partsOf(recordings, session)).slice(0, reported.length)).toEqual(reported);
  }, 30_000);
});

// Needs the right to mount; where there is none, `stored-recorder.test.ts` still makes writes fail.
if (process.getuid?.() === 0 && process.platform === 'linux') {
  describe('a full disk', () => {
    it('fails the recording at once and for good, and leaves what was recorded whole', async () => {
      const disk = join(dir, 'disk');
      await mkdir(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
      try {
        const recordings = await create({ dir: disk });
        const started = header();
        const recorder = recordings.open(started);
        const fill = () => {
          for (let number = 0; number < 100; number++) recorder.record(recordedRun(number, 20_001));
        };
        expect(fill).toThrow(/ENOSPC/);
        expect(() => recorder.record(recordedRun(0))).toThrow(RecordingFailed);
        const runs = runsIn(await partsOf(recordings, started.session));
        expect(runs.length).toBeGreaterThan(5);
        expect(runs).toEqual(runs.map((_, index) => index));
        // Cutting the torn frame off again made room for the end.
        const manifest = await recorder.seal({ code: 'recording_failed', reason: 'disk full' });
        expect(manifest).toMatchObject({ crashed: false, endCode: 'recording_failed' });
        expect(
          await verifyRecording([await exported(recordings, started.session)], [verifyKey]),
        ).toMatchObject({ ok: true });
        await writeFile(join(disk, 'rest'), randomBytes(300_000)).catch(() => undefined);
        expect(() => recordings.open(header())).toThrow(RecordingFailed);
        expect(await readdir(join(disk, 'open'))).toEqual([]);
      } finally {
        execFileSync('umount', [disk]);
      }
    });
  });
}
