import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordingPart, readRecording } from '@drawbridge/contract';
import { expect, onTestFinished, test } from 'vitest';
import { sealedRecording, signingKey } from '../../gateway-client/test-support/recording.ts';
import type { RecordingPortEvent } from '../ipc/contract.ts';
import { BatchCredit } from './batch-credit.ts';
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
const explain = async (error: unknown) => String(error);
const streamed = async (bytes: Uint8Array, signal = new AbortController().signal) => {
  const events: RecordingPortEvent[] = [];
  const room = async () => {};
  await streamRecording(readRecording([bytes]), {
    send: (event) => events.push(event),
    room,
    signal,
    explain,
  });
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

test('sends what has come of one that is being written, and the rest when it comes', async () => {
  const bytes = recording(3);
  let write: (rest: Uint8Array) => void = () => {};
  const rest = new Promise<Uint8Array>((resolve) => {
    write = resolve;
  });
  // The header and three events are there, the row and the end are not.
  const parts: RecordingPart[] = [];
  for await (const part of readRecording([bytes])) parts.push(part);
  const written = parts
    .slice(1, 4)
    .reduce((sum, part) => sum + (part.kind === 'event' ? part.encoded.length : 0), 0);
  const [header] = parts;
  const start = 12 + (header?.kind === 'header' ? header.json.length : 0);
  async function* growing() {
    yield bytes.subarray(0, start + written);
    yield await rest;
  }
  const events: RecordingPortEvent[] = [];
  let show: () => void = () => {};
  const shown = new Promise<void>((resolve) => {
    show = resolve;
  });
  const streaming = streamRecording(readRecording(growing()), {
    send: (event) => {
      events.push(event);
      if (event.type === 'events') show();
    },
    room: async () => {},
    signal: new AbortController().signal,
    explain,
  });
  await shown;
  expect(events.map((event) => (event.type === 'events' ? event.events.length : event.type))).toEqual([
    'header',
    3,
  ]);
  write(bytes.subarray(start + written));
  await streaming;
  expect(events.at(-1)).toMatchObject({ type: 'end', manifest: { events: 5 } });
});

test('reads no further than the page takes over', async () => {
  const ending = new AbortController();
  const credit = new BatchCredit(2, ending.signal);
  let read = 0;
  async function* parts() {
    for await (const part of readRecording([recording(2_000)])) {
      read++;
      yield part;
    }
  }
  const events: RecordingPortEvent[] = [];
  let said: () => void = () => {};
  const streaming = streamRecording(parts(), {
    send: (event) => {
      events.push(event);
      said();
    },
    room: () => credit.take(),
    signal: ending.signal,
    explain,
  });
  const batches = () => events.filter(({ type }) => type === 'events').length;
  const until = async (count: number) => {
    while (batches() < count) await new Promise<void>((resolve) => (said = resolve));
    // Whatever else would go on without the page has its turn.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  await until(2);
  expect(batches()).toBe(2);
  expect(read).toBeLessThan(700);
  credit.give();
  await until(3);
  expect(batches()).toBe(3);
  ending.abort();
  await streaming;
  expect(batches()).toBe(3);
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
