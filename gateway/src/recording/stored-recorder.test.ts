import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecording, verifyRecording } from '@drawbridge/contract/recording-chain';
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
let disk: { appends: 'work' | 'fail'; finishes: 'work' | 'fail'; writes: number };
let clock: ManualClock;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drawbridge-recorder-'));
  disk = { appends: 'work', finishes: 'work', writes: 0 };
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
      disk.writes += 1;
      file.append(bytes);
    },
    truncate: (size) => file.truncate(size),
    chunks: () => file.chunks(),
    async finish() {
      if (disk.finishes === 'fail') throw new Error('EIO: i/o error, fsync');
      await file.finish();
    },
    setAside: () => file.setAside(),
    release: () => file.release(),
  });
  return {
    create: (...of) => failing(folder.create(...of)),
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
    onProblem: (_session, error) => {
      throw error;
    },
  });
  const header = recordingHeader(gatewayId);
  const verify = async () => verifyRecording((await recordings.read(header.session)) ?? [], [verifyKey]);
  const events = async () => {
    const found: { type: string; at: number; payload: string }[] = [];
    for await (const part of readRecording((await recordings.read(header.session)) ?? []))
      if (part.kind === 'event')
        found.push({
          type: part.event.type,
          at: part.event.at,
          payload: Buffer.from(part.payload).toString(),
        });
    return found;
  };
  return { recordings, recorder: recordings.open(header), verify, events };
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

const rows = (payload: Uint8Array) =>
  ({ event: { type: 'rows', statement: 1, format: 'postgres.DataRow', count: 1 }, payload }) as const;
const cancel = { event: { type: 'cancel' } } as const;

it('writes small notes with the next action, each with its own time', async () => {
  const { recorder, events, verify } = await open();
  const before = disk.writes;
  const payload = Buffer.from('seen');
  clock.advance(5);
  recorder.note([rows(payload)]);
  payload.fill('x');
  clock.advance(10);
  expect(disk.writes).toBe(before);
  recorder.record([cancel]);
  expect(disk.writes).toBe(before + 1);
  expect(await events()).toEqual([
    { type: 'rows', at: 5, payload: 'seen' },
    { type: 'cancel', at: 15, payload: '' },
  ]);
  await recorder.seal(END);
  expect(await verify()).toMatchObject({ ok: true, events: 3 });
});

it('writes notes after 20 ms where no action comes', async () => {
  const { recorder, events } = await open();
  recorder.note([rows(Buffer.from('seen'))]);
  clock.advance(19);
  expect(await events()).toEqual([]);
  clock.advance(1);
  expect(await events()).toMatchObject([{ type: 'rows', at: 0 }]);
});

it('writes larger notes at once', async () => {
  const { recorder, events } = await open();
  recorder.note([rows(Buffer.alloc(16 * 1024))]);
  expect(await events()).toHaveLength(1);
});

it('seals notes that still wait', async () => {
  const { recorder, verify } = await open();
  recorder.note([cancel]);
  await recorder.seal(END);
  expect(await verify()).toMatchObject({ ok: true, events: 2 });
});

it('lets nothing more pass once notes could not be written', async () => {
  const { recorder } = await open();
  recorder.note([cancel]);
  disk.appends = 'fail';
  clock.advance(20);
  disk.appends = 'work';
  expect(() => recorder.note([cancel])).toThrow(RecordingFailed);
  expect(() => recorder.record([cancel])).toThrow(RecordingFailed);
});
