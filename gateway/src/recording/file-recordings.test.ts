import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compactVerify, importJWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  exported,
  framesOf,
  partsOf,
  RecordingFolder,
  runsIn,
} from '../../../test/support/recording-folder.ts';
import { recordedRun } from '../../../test/support/recording-session.ts';
import { newId } from '../new-id.ts';
import { Keyring } from '../store/keyring.ts';
import { joined, RecordingFailed } from './recorder.ts';
import { RecordingDamaged } from './recording-damaged.ts';

let folder: RecordingFolder;
beforeEach(async () => {
  folder = await RecordingFolder.make();
});
afterEach(() => folder.remove());

const END = { code: 'client_closed', reason: 'the client is done' } as const;

describe('a recording', () => {
  it('comes back as it was recorded, sealed, and verifies with the public key alone', async () => {
    const recordings = await folder.create();
    const started = folder.header();
    const recorder = recordings.open(started);
    folder.clock.advance(10);
    recorder.record([{ event: { type: 'client', name: 'psql', settings: { a: 'größer \ud83d\ude00' } } }]);
    folder.clock.advance(5);
    recorder.record(recordedRun(7, 100));
    recorder.record([]);
    const manifest = await recorder.seal(END);

    expect(await folder.verify(recordings, started.session)).toMatchObject({
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

  it('is the same however its bytes were given: short or long, in one piece or several', async () => {
    const recordings = await folder.create();
    const started = folder.header();
    const recorder = recordings.open(started);
    const short = randomBytes(100);
    const long = randomBytes(50_000);
    const output = { type: 'output', channel: 1, stream: 'stdout' } as const;
    const given = [short, long, [short], [long.subarray(0, 9), long.subarray(9)], [short, long], []];
    recorder.record(given.map((payload) => ({ event: output, payload })));
    recorder.record([{ event: output, payload: long }]);
    await recorder.seal(END);
    const parts = await partsOf(recordings, started.session);
    const payloads = parts.flatMap((part) =>
      part.kind === 'event' && part.event.type === 'output' ? [Buffer.from(part.payload ?? [])] : [],
    );
    expect(payloads.map((bytes) => bytes.toString('hex'))).toEqual(
      [...given, long].map((payload) => joined(payload).toString('hex')),
    );
    expect(await folder.verify(recordings, started.session)).toMatchObject({ ok: true, events: 8 });
  });

  it('has a manifest that any JOSE library checks', async () => {
    const recordings = await folder.create();
    const started = folder.header();
    await recordings.open(started).seal(END);
    const manifest = (await partsOf(recordings, started.session)).at(-1);
    if (manifest?.kind !== 'manifest') throw new Error('no manifest');
    const { payload, protectedHeader } = await compactVerify(
      manifest.jws,
      await importJWK({ ...folder.keys.verifyKey }),
    );
    expect(protectedHeader).toEqual({
      alg: 'EdDSA',
      typ: 'drawbridge-recording+jws',
      kid: folder.keys.verifyKey.kid,
    });
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({
      session: started.session,
      events: 1,
    });
  });

  it('never goes back in time, whatever the folder.clock does', async () => {
    let ticks = 100;
    const recordings = await folder.create({ ticks: () => ticks });
    const started = folder.header();
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
    const recordings = await folder.create();
    const started = folder.header();
    const recorder = recordings.open(started);
    recorder.record(recordedRun(0));
    expect(await folder.verify(recordings, started.session)).toMatchObject({
      ok: false,
    });
    expect(runsIn(await partsOf(recordings, started.session))).toEqual([0]);
    await recorder.seal(END);
  });

  it('is a file for the gateway alone, and says nothing without the key', async () => {
    const recordings = await folder.create();
    const recorder = recordings.open(folder.header());
    recorder.record(recordedRun(0));
    await recorder.seal(END);
    const path = await folder.onlyFileIn('');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
    const stored = (await readFile(path)).toString('latin1');
    for (const secret of ['marker', 'nobody else', 'alice', 'orders-db'])
      expect(stored).not.toContain(secret);
  });

  it('takes nothing more once sealed, and is sealed once', async () => {
    const recordings = await folder.create();
    const started = folder.header();
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
    const recordings = await folder.create();
    const started = folder.header();
    const recorder = recordings.open(started);
    expect(() => recordings.open(started)).toThrow(RecordingFailed);
    expect(() => recordings.open({ ...folder.header(), gateway: newId('gw') })).toThrow(RecordingFailed);
    expect(await recordings.read(newId('ses'))).toBeUndefined();
    expect(await recordings.read('../../etc/passwd')).toBeUndefined();
    await recorder.seal(END);
  });

  it('can not be read under another master key', async () => {
    const started = folder.header();
    await (await folder.create()).open(started).seal(END);
    const other = await folder.create({ keyring: new Keyring([randomBytes(32)]) });
    await expect(exported(other, started.session)).rejects.toThrow(/can't be decrypted/);
  });
});

describe('a stored file that was changed', () => {
  it('is noticed for every byte, and the reading fails rather than leaving something out', async () => {
    const recordings = await folder.create();
    const started = folder.header();
    const recorder = recordings.open(started);
    recorder.record(recordedRun(0));
    await recorder.seal(END);
    const path = await folder.onlyFileIn('');
    const stored = await readFile(path);
    for (let index = 0; index < stored.length; index++) {
      const changed = Buffer.from(stored);
      changed[index] = (changed[index] ?? 0) ^ 1;
      await writeFile(path, changed);
      await expect(exported(recordings, started.session), `byte ${index}`).rejects.toThrow(RecordingDamaged);
    }
  });

  it('is noticed when frames are dropped, repeated, swapped or come from another recording', async () => {
    const recordings = await folder.create();
    const sessions = [folder.header(), folder.header()];
    for (const started of sessions) {
      const recorder = recordings.open(started);
      for (let number = 0; number < 3; number++) recorder.record(recordedRun(number));
      await recorder.seal(END);
    }
    const [path = '', otherPath = ''] = (await folder.filesIn('')).sort();
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
