import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecording } from '@drawbridge/contract';
import { expect, onTestFinished, test } from 'vitest';
import { sealedRecording, signingKey } from '../../gateway-client/test-support/recording.ts';
import type { RecordingPortEvent } from '../ipc/contract.ts';
import { fileName } from './file-name.ts';
import { streamRecording } from './recording-stream.ts';
import { saveStream } from './save-stream.ts';

const recording = (events: number) =>
  sealedRecording(
    [
      ...Array.from({ length: events }, () => [{ type: 'cancel' }] as const),
      [{ type: 'rows', statement: 1, format: 'postgres.DataRow', count: 1 }, new Uint8Array([1, 2, 3])],
      [{ type: 'end', code: 'client_closed', reason: 'closed' }],
    ],
    signingKey(),
  );
const streamed = async (bytes: Uint8Array, signal = new AbortController().signal) => {
  const events: RecordingPortEvent[] = [];
  await streamRecording(readRecording([bytes]), (event) => events.push(event), signal);
  return events;
};

test('sends a recording in order: header, events in batches, manifest', async () => {
  const events = await streamed(recording(450));
  expect(events.map(({ type }) => type)).toEqual(['header', 'events', 'events', 'events', 'end']);
  const all = events.flatMap((event) => (event.type === 'events' ? event.events : []));
  expect(all.map(({ event }) => event.seq)).toEqual(Array.from({ length: 452 }, (_, index) => index));
  const rows = all.find(({ event }) => event.type === 'rows')?.payload;
  expect(rows).toEqual(new Uint8Array([1, 2, 3]));
  expect(rows?.buffer.byteLength).toBe(3);
  expect(events.at(-1)).toMatchObject({ type: 'end', manifest: { events: 452, crashed: false } });
});

test('says where a recording that is cut off ends, and what of it there is', async () => {
  const bytes = recording(3);
  const events = await streamed(bytes.subarray(0, Math.floor(bytes.length / 2)));
  expect(events.at(-1)).toMatchObject({ type: 'failed', message: expect.stringContaining('cut off') });
});

test('stops when nobody reads any more', async () => {
  const ending = new AbortController();
  ending.abort();
  expect(await streamed(recording(3), ending.signal)).toEqual([]);
});

test('a file is there when it is whole, for its owner alone, and not otherwise', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'save-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await saveStream(join(folder, 'a.csv'), ['id,', 'name\r\n']);
  expect(await readFile(join(folder, 'a.csv'), 'utf8')).toBe('id,name\r\n');
  async function* broken() {
    yield 'half';
    throw new Error('lost');
  }
  await expect(saveStream(join(folder, 'b.csv'), broken())).rejects.toThrow('lost');
  expect(await readdir(folder)).toEqual(['a.csv']);
});

test.each([
  ['orders.csv', 'orders.csv'],
  ['../../.bashrc', 'bashrc'],
  ['/etc/passwd', 'etc-passwd'],
  ['C:\\x\u0000y.csv', 'C-x-y.csv'],
  ['...', 'drawbridge.txt'],
])('suggests for %s the file name %s', (given, name) => {
  expect(fileName(given)).toBe(name);
});
