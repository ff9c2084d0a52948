import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyRecording } from '@drawbridge/contract/recording-chain';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { recordedRun, recordingHeader, recordingKeyPair } from '../../../test/support/recording-session.ts';
import { newId } from '../new-id.ts';
import { Keyring } from '../store/keyring.ts';
import { FolderStore } from './folder-store.ts';
import { RecordingFailed } from './recorder.ts';
import type { OpenRecording, RecordingStore } from './recording-store.ts';
import { StoredRecordings } from './stored-recordings.ts';

const { signingKey, verifyKey } = recordingKeyPair();
const gatewayId = newId('gw');
const END = { code: 'recording_failed', reason: 'the disk is full' } as const;

let dir: string;
let disk: { appends: 'work' | 'fail'; finishes: 'work' | 'fail' };
let clock: ManualClock;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drawbridge-recorder-'));
  disk = { appends: 'work', finishes: 'work' };
  clock = new ManualClock(Date.now());
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A real folder whose disk can be made to fail. */
async function failingStore(): Promise<RecordingStore> {
  const folder = await FolderStore.open(dir);
  const failing = (file: OpenRecording): OpenRecording => ({
    get size() {
      return file.size;
    },
    append(bytes) {
      if (disk.appends === 'fail') throw new Error('ENOSPC: no space left on device, write');
      file.append(bytes);
    },
    truncate: (size) => file.truncate(size),
    assertHeld: () => file.assertHeld(),
    chunks: () => file.chunks(),
    follow: (growth, signal) => file.follow(growth, signal),
    async finish() {
      if (disk.finishes === 'fail') throw new Error('EIO: i/o error, fsync');
      await file.finish();
    },
    setAside: () => file.setAside(),
    release: () => file.release(),
  });
  return {
    create: (...of) => failing(folder.create(...of)),
    openGateways: () => folder.openGateways(),
    abandoned: (gateway) => folder.abandoned(gateway),
    async claim(...of) {
      const file = await folder.claim(...of);
      return file && failing(file);
    },
    read: (session) => folder.read(session),
  };
}

async function open() {
  const recordings = new StoredRecordings({
    store: await failingStore(),
    keyring: new Keyring([randomBytes(32)]),
    signingKey,
    gatewayId,
    clock,
    ticks: () => clock.now(),
    assertAlive: () => undefined,
    onProblem: (_session, error) => {
      throw error;
    },
  });
  const header = recordingHeader(gatewayId);
  const verify = async () => verifyRecording((await recordings.read(header.session)) ?? [], [verifyKey]);
  return { recordings, recorder: recordings.open(header), verify };
}

it('stays failed after one failed write, also when the disk works again', async () => {
  const { recorder, verify } = await open();
  recorder.record(recordedRun(0));
  disk.appends = 'fail';
  expect(() => recorder.record(recordedRun(1))).toThrow(RecordingFailed);
  disk.appends = 'work';
  expect(() => recorder.record(recordedRun(2))).toThrow(RecordingFailed);
  expect(await recorder.seal(END)).toMatchObject({ events: 2, endCode: 'recording_failed', crashed: false });
  expect(await verify()).toMatchObject({ ok: true, events: 2 });
});

it('leaves to recover what can not even be sealed', async () => {
  const { recordings, recorder, verify } = await open();
  recorder.record(recordedRun(0));
  disk.appends = 'fail';
  expect(() => recorder.record(recordedRun(1))).toThrow(RecordingFailed);
  await expect(recorder.seal(END)).rejects.toThrow(RecordingFailed);
  expect(await verify()).toMatchObject({ ok: false });
  disk.appends = 'work';
  expect(await recordings.recover()).toMatchObject([{ events: 2, endCode: 'gateway_crashed' }]);
  expect(await verify()).toMatchObject({ ok: true });
});

it('is not called sealed before the disk has it', async () => {
  const { recordings, recorder, verify } = await open();
  disk.finishes = 'fail';
  await expect(recorder.seal(END)).rejects.toThrow(/EIO/);
  disk.finishes = 'work';
  expect(await recordings.recover()).toMatchObject([
    { events: 1, endCode: 'recording_failed', crashed: false },
  ]);
  expect(await verify()).toMatchObject({ ok: true });
});

it('refuses an event that no reader would take, and says so', async () => {
  const { recorder, verify } = await open();
  const text = 'x'.repeat((64 << 20) + 1);
  expect(() => recorder.record([{ event: { type: 'client', settings: { text } } }])).toThrow(/too long/);
  await recorder.seal(END);
  expect(await verify()).toMatchObject({ ok: true, events: 1 });
});
