import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SessionId } from '@drawbridge/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  exported,
  framesOf,
  GONE,
  partsOf,
  RecordingFolder,
  runsIn,
} from '../../../test/support/recording-folder.ts';
import { recordedRun } from '../../../test/support/recording-session.ts';
import { newId } from '../new-id.ts';
import { Keyring } from '../store/keyring.ts';
import { RecordingFailed } from './recorder.ts';

let folder: RecordingFolder;
beforeEach(async () => {
  folder = await RecordingFolder.make();
});
afterEach(() => folder.remove());

const END = { code: 'client_closed', reason: 'the client is done' } as const;

describe('recover', () => {
  it('seals what a crash left, marked so, wherever it was cut off', async () => {
    const { session, path, stored } = await folder.crashed();
    const { prefix, frames } = framesOf(stored);
    const ends = frames.map((_, index) => prefix.length + Buffer.concat(frames.slice(0, index + 1)).length);
    const runsAt = [[], [0], [0, 1, 2], [0, 1, 2, 3]];
    // Every place from the first event on, and some before, where all fail alike.
    for (let length = 0; length <= stored.length; length += length < (ends[0] ?? 0) - 40 ? 20 : 1) {
      await rm(folder.dir, { recursive: true });
      await mkdir(join(folder.dir, 'open'), { recursive: true });
      await writeFile(path, stored.subarray(0, length));
      const recordings = await folder.create();
      const sealed = await recordings.recover();
      const whole = ends.filter((end) => end <= length).length;
      if (whole === 0) {
        // Nothing that could be sealed; what there is stays for a person to look at.
        expect(sealed).toEqual([]);
        expect(await readFile(await folder.onlyFileIn('damaged'))).toEqual(stored.subarray(0, length));
        continue;
      }
      expect(sealed, `cut off at ${length}`).toMatchObject([
        { session, endCode: 'gateway_crashed', crashed: true },
      ]);
      expect(await folder.verify(recordings, session)).toMatchObject({
        ok: true,
      });
      expect(runsIn(await partsOf(recordings, session))).toEqual(runsAt[whole - 1]);
      expect(await recordings.recover()).toEqual([]);
    }
  }, 60_000);

  it('uses no nonce twice, also where a torn frame is written anew', async () => {
    const { path, stored } = await folder.crashed();
    await writeFile(path, stored.subarray(0, stored.length - 1));
    await (await folder.create()).recover();
    const nonces = (frames: Buffer[]) =>
      frames.map((frame) => frame.subarray(4, 8).toString('hex') + frame.subarray(12, 20).toString('hex'));
    const before = nonces(framesOf(stored).frames);
    const after = nonces(framesOf(await readFile(await folder.onlyFileIn(''))).frames);
    expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
    expect(before).not.toContain(after.at(-1));
  });

  it('finishes a sealing that a crash cut off, without sealing again', async () => {
    const recordings = await folder.create();
    const started = folder.header();
    const manifest = await recordings.open(started).seal(END);
    const finished = await folder.onlyFileIn('');
    const path = join(folder.dir, 'open', `${started.session}.${folder.gatewayId}.${GONE}`);
    await rename(finished, path);
    expect(await recordings.recover()).toEqual([manifest]);
    expect(await readFile(await folder.onlyFileIn(''))).toHaveLength((await stat(finished)).size);
    expect(await folder.verify(recordings, started.session)).toMatchObject({
      ok: true,
      manifest,
    });
  });

  it('never replaces a finished recording', async () => {
    const { session, path, stored } = await folder.crashed();
    const recordings = await folder.create();
    await recordings.recover();
    const finished = await exported(recordings, session);
    await writeFile(path, stored.subarray(0, stored.length - 1));
    expect(await (await folder.create()).recover()).toEqual([]);
    expect(folder.problems).toMatchObject([{ session }]);
    expect(await exported(recordings, session)).toEqual(finished);
  });

  it('sets a damaged one aside, whole, and seals the others', async () => {
    const recordings = await folder.create();
    const { session, path, stored } = await folder.crashed();
    const { prefix, frames } = framesOf(stored);
    const broken = Buffer.from(stored);
    const place = prefix.length + (frames[0]?.length ?? 0);
    broken[place] = 0x7f; // a length beyond the end: not to be taken for a frame cut off
    await writeFile(path, broken);
    const other = folder.header();
    recordings.open(other).record(recordedRun(9));
    await folder.abandonAll();

    expect(await (await folder.create()).recover()).toMatchObject([{ session: other.session }]);
    expect(folder.problems).toMatchObject([{ session, error: { name: 'RecordingDamaged' } }]);
    expect(await readFile(await folder.onlyFileIn('damaged'))).toEqual(broken);
    await expect(exported(recordings, session)).rejects.toThrow(/frame 1 .* is damaged/);
  });

  it('leaves alone what it has no key for, what is open, and what another gateway holds', async () => {
    const { session } = await folder.crashed();
    const recordings = await folder.create();
    expect(await (await folder.create({ keyring: new Keyring([randomBytes(32)]) })).recover()).toEqual([]);
    expect(folder.problems).toMatchObject([{ session, error: { code: 'key' } }]);
    expect(await (await folder.create({ gatewayId: newId('gw') })).recover()).toEqual([]);
    await folder.abandonAll();

    const open = recordings.open(folder.header());
    open.record(recordedRun(0));
    expect(await recordings.recover()).toMatchObject([{ session }]);
    expect(await (await folder.create()).recover()).toEqual([]);
    expect(await open.seal(END)).toMatchObject({ crashed: false });
  });

  it('seals what another gateway left, for one that knows that it is gone', async () => {
    const { session } = await folder.crashed();
    const survivor = await folder.create({ gatewayId: newId('gw') });
    expect(await survivor.openElsewhere()).toEqual([folder.gatewayId]);
    expect(await survivor.recover()).toEqual([]);
    expect(await survivor.recover(folder.gatewayId)).toMatchObject([
      { session, gateway: folder.gatewayId, crashed: true },
    ]);
    expect(await folder.verify(survivor, session)).toMatchObject({ ok: true });
    expect(await survivor.openElsewhere()).toEqual([]);
  });

  it('leaves nothing to a gateway that wakes up after it was taken for dead', async () => {
    let isAlive = true;
    const assertAlive = () => {
      if (!isAlive) throw new Error('others take it for dead');
    };
    const frozen = (await folder.create({ assertAlive })).open(folder.header());
    frozen.record(recordedRun(0));
    await folder.abandonAll();
    const survivor = await folder.create({ gatewayId: newId('gw') });
    const [manifest] = await survivor.recover(folder.gatewayId);
    if (manifest === undefined) throw new Error('it was not sealed');
    const sealed = await exported(survivor, manifest.session);
    isAlive = false;
    expect(() => frozen.record(recordedRun(1))).toThrow(/others take it for dead/);
    await expect(frozen.seal(END)).rejects.toThrow(/another gateway has put it away/);
    expect(await exported(survivor, manifest.session)).toEqual(sealed);
  });

  it('does not put away what others left while it may be taken for dead itself', async () => {
    await folder.crashed();
    const assertAlive = () => {
      throw new Error('others take it for dead');
    };
    const cutOff = await folder.create({ gatewayId: newId('gw'), assertAlive });
    expect(await cutOff.recover(folder.gatewayId)).toEqual([]);
    expect(folder.problems).toMatchObject([{ error: { message: 'others take it for dead' } }]);
  });

  it('seals once when two try at the same time', async () => {
    const instances = await Promise.all([folder.create(), folder.create(), folder.create()]);
    const [first] = instances;
    if (first === undefined) throw new Error('three were made');
    const { session } = await folder.crashed();
    const sealed = (await Promise.all([...instances, ...instances].map((one) => one.recover()))).flat();
    expect(sealed).toMatchObject([{ session }]);
    expect(await folder.verify(first, session)).toMatchObject({ ok: true });
  });
});

describe('a process killed while it records', () => {
  it('loses nothing it had recorded, and is left alone while it lives', async () => {
    const script = fileURLToPath(new URL('../../../test/support/recording-writer.ts', import.meta.url));
    const writer = spawn(
      process.execPath,
      [
        '--conditions=source',
        '--import',
        'tsx',
        script,
        folder.dir,
        folder.gatewayId,
        folder.masterKey.toString('base64'),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const exit = once(writer, 'exit');
    const recordings = await folder.create();
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
    expect(await folder.verify(recordings, session)).toMatchObject({ ok: true });
    expect(runsIn(await partsOf(recordings, session)).slice(0, reported.length)).toEqual(reported);
  }, 30_000);
});

// Needs the right to mount; where there is none, `stored-recorder.test.ts` still makes writes fail.
if (process.getuid?.() === 0 && process.platform === 'linux') {
  describe('a full disk', () => {
    it('fails the recording at once and for good, and leaves what was recorded whole', async () => {
      const disk = join(folder.dir, 'disk');
      await mkdir(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
      try {
        const recordings = await folder.create({ dir: disk });
        const started = folder.header();
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
        expect(await folder.verify(recordings, started.session)).toMatchObject({ ok: true });
        await writeFile(join(disk, 'rest'), randomBytes(300_000)).catch(() => undefined);
        expect(() => recordings.open(folder.header())).toThrow(RecordingFailed);
        expect(await readdir(join(disk, 'open'))).toEqual([]);
      } finally {
        execFileSync('umount', [disk]);
      }
    });
  });
}
