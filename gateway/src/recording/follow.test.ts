import { mkdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type RecordingPart, readRecording, verifyRecording } from '@drawbridge/contract/recording-chain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exported, RecordingFolder, runsIn } from '../../../test/support/recording-folder.ts';
import { recordedRun } from '../../../test/support/recording-session.ts';
import { withKeepAlive } from './keep-alive.ts';
import type { Recordings } from './recorder.ts';

let folder: RecordingFolder;
beforeEach(async () => {
  folder = await RecordingFolder.make();
});
afterEach(() => folder.remove());

const END = { code: 'client_closed', reason: 'the client is done' } as const;
const never = new AbortController().signal;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
/** Bytes of buffers that something still holds. */
function heldBytes(): number {
  collectGarbage();
  // V8 frees what that found in the background; another collection waits for it.
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

async function followed(recordings: Recordings, session: string, signal = never) {
  const bytes = await recordings.follow(session, signal);
  if (bytes === undefined) throw new Error(`nothing to follow of ${session}`);
  return bytes[Symbol.asyncIterator]();
}
/** The runs in some bytes of a recording, taken from between its events. */
async function runsOf(chunk: Uint8Array, start: Uint8Array): Promise<number[]> {
  const parts: RecordingPart[] = [];
  for await (const part of readRecording([start, chunk])) parts.push(part);
  return runsIn(parts);
}

describe('whoever follows a recording', () => {
  it('gets what is there, then each call as it is recorded, then the seal, and all of it verifies', async () => {
    const recordings = await folder.create();
    const header = folder.header();
    const recorder = recordings.open(header);
    recorder.record(recordedRun(0));
    const reading = await followed(recordings, header.session);
    const taken: Uint8Array[] = [];
    const take = async () => {
      const { value } = await reading.next();
      taken.push(value as Uint8Array);
      return taken.at(-1) ?? new Uint8Array();
    };
    const start = await take();
    expect(await runsOf(await take(), start)).toEqual([0]);

    const waiting = take();
    recorder.record([...recordedRun(1, 300_000), ...recordedRun(2)]);
    expect(await runsOf(await waiting, start)).toEqual([1, 2]);

    const last = take();
    await recorder.seal(END);
    await last;
    expect(await reading.next()).toEqual({ done: true, value: undefined });
    const whole = Buffer.concat(taken);
    expect(await verifyRecording([whole], [folder.keys.verifyKey])).toMatchObject({ ok: true, events: 5 });
    expect(whole).toEqual(await exported(recordings, header.session));
  });

  it('can be slow: the session goes on, ends, is moved to its place, and all of it is still read', async () => {
    const recordings = await folder.create();
    const header = folder.header();
    const recorder = recordings.open(header);
    const reading = await followed(recordings, header.session);
    const first = (await reading.next()).value as Uint8Array;
    const before = heldBytes();
    const size = 1 << 20;
    for (let run = 0; run < 40; run++) recorder.record(recordedRun(run, size));
    await recorder.seal(END);
    // What was recorded meanwhile waits in the file, not in memory.
    expect(heldBytes() - before).toBeLessThan(4 * size);
    const rest: Uint8Array[] = [first];
    for (let next = await reading.next(); !next.done; next = await reading.next()) rest.push(next.value);
    expect(await verifyRecording(rest, [folder.keys.verifyKey])).toMatchObject({ ok: true, events: 81 });
  });

  it('does not hold each other up', async () => {
    const recordings = await folder.create();
    const header = folder.header();
    const recorder = recordings.open(header);
    const slow = await followed(recordings, header.session);
    await slow.next();
    const quick = await followed(recordings, header.session);
    await quick.next();
    for (const run of [0, 1, 2]) {
      recorder.record(recordedRun(run));
      await quick.next();
    }
    await recorder.seal(END);
    await slow.return?.();
    await quick.next();
    expect((await quick.next()).done).toBe(true);
  });

  it('is stopped by the signal while waiting, with its reason', async () => {
    const recordings = await folder.create();
    const header = folder.header();
    const recorder = recordings.open(header);
    const ending = new AbortController();
    const reading = await followed(recordings, header.session, ending.signal);
    await reading.next();
    const waiting = reading.next();
    ending.abort(new Error('no longer'));
    await expect(waiting).rejects.toThrow('no longer');
    await recorder.seal(END);
  });

  it('is told of the end by a stream without a seal where it could not be sealed', async () => {
    const recordings = await folder.create();
    const header = folder.header();
    const recorder = recordings.open(header);
    const reading = await followed(recordings, header.session);
    await reading.next();
    const waiting = reading.next();
    // Its place is taken, so that it can't be finished.
    const date = new Date(Number.parseInt(header.session.slice(4).replace('-', '').slice(0, 12), 16));
    await mkdir(`${folder.dir}/${date.toISOString().slice(0, 10)}/${header.session}.rec`, {
      recursive: true,
    });
    await expect(recorder.seal(END)).rejects.toThrow(/sealed/);
    await waiting;
    expect((await reading.next()).done).toBe(true);
  });

  it('gets a finished one whole, and none that another process writes', async () => {
    const writer = await folder.create();
    const header = folder.header();
    const recorder = writer.open(header);
    const other = await folder.create();
    expect(await other.follow(header.session, never)).toBeUndefined();
    expect(await other.follow('ses_none', never)).toBeUndefined();
    await recorder.seal(END);
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await other.follow(header.session, never)) ?? []) chunks.push(chunk);
    expect(await verifyRecording(chunks, [folder.keys.verifyKey])).toMatchObject({ ok: true });
  });
});

describe('a sign of life', () => {
  it('comes every 15 s while nothing does, between two events, and readers pass over it', async () => {
    const recordings = await folder.create();
    const header = folder.header();
    const recorder = recordings.open(header);
    const bytes = await recordings.follow(header.session, never);
    const reading = withKeepAlive(bytes ?? (async function* () {})(), folder.clock);
    const taken: Uint8Array[] = [];
    const take = async () => taken.push((await reading.next()).value as Uint8Array);
    await take();
    for (let quiet = 0; quiet < 2; quiet++) {
      const waiting = take();
      await setImmediate();
      folder.clock.advance(15_000);
      await waiting;
      expect(taken.at(-1)).toHaveLength(4);
    }
    recorder.record(recordedRun(7));
    await take();
    await recorder.seal(END);
    await take();
    expect((await reading.next()).done).toBe(true);
    expect(await verifyRecording(taken, [folder.keys.verifyKey])).toMatchObject({ ok: true, events: 2 });
  });
});
