import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordingKey } from './api.ts';
import type { RecordingEventInput, RecordingManifest } from './recording.ts';
import { RecordingHeader } from './recording.ts';
import {
  chainNext,
  chainStart,
  encodedEventBound,
  encodeEventInto,
  encodeManifest,
  encodeRecordingStart,
  MANIFEST_TYPE,
  RecordingInvalid,
  type RecordingPart,
  readRecording,
  recordedEventText,
  verifyRecording,
} from './recording-chain.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');
const jwk = (key: typeof publicKey, kid: string): RecordingKey => ({
  kty: 'OKP',
  crv: 'Ed25519',
  x: String(key.export({ format: 'jwk' }).x),
  kid,
  alg: 'EdDSA',
  use: 'sig',
});
const keys = [jwk(stranger.publicKey, 'other'), jwk(publicKey, 'mine')];

const header = RecordingHeader.parse({
  version: 1,
  session: 'ses_01900000-0000-7000-8000-000000000001',
  grant: 'grt_01900000-0000-7000-8000-000000000002',
  gateway: 'gw_01900000-0000-7000-8000-000000000003',
  principal: {
    kind: 'user',
    id: 'usr_01900000-0000-7000-8000-000000000004',
    name: 'alice',
    displayName: 'Alice',
  },
  resource: 'orders-db',
  profile: 'read',
  protocol: 'postgres',
  reason: 'ticket 7 – größer',
  approvedBy: [],
  startedAt: '2026-01-02T03:04:05.006Z',
});

interface Step {
  event: RecordingEventInput;
  at: number;
  seq?: number;
  payload?: Uint8Array;
}
const steps: Step[] = [
  { at: 0.125, event: { type: 'client', name: 'psql', settings: {} } },
  { at: 1, event: { type: 'execute', statement: 1, parameters: ['ä', null] } },
  {
    at: 1,
    event: { type: 'rows', statement: 1, format: 'postgres.DataRow', count: 1 },
    payload: new Uint8Array([68, 0, 0, 0, 6, 0, 0]),
  },
  { at: 2.5, event: { type: 'end', code: 'client_closed', reason: 'bye' } },
];

function encode({ event, at, payload }: Step, seq: number): Uint8Array {
  const text = recordedEventText(event, seq, at);
  const bytes = Buffer.alloc(encodedEventBound(text, payload));
  return bytes.subarray(0, encodeEventInto(bytes, 0, text, payload));
}

interface Shape {
  steps?: Step[];
  manifest?: Partial<RecordingManifest>;
  protectedHeader?: object;
  key?: typeof privateKey;
}

/** A recording as a gateway would seal it, or as somebody with a key of his own would like to. */
function recording(shape: Shape = {}): { parts: Uint8Array[]; whole: Uint8Array } {
  const start = encodeRecordingStart(header);
  let head = chainStart(start.json);
  const events = (shape.steps ?? steps).map((step, index) => encode(step, step.seq ?? index));
  for (const event of events) head = chainNext(head, event);
  const manifest = {
    version: 1,
    session: header.session,
    gateway: header.gateway,
    events: events.length,
    head: head.toString('hex'),
    startedAt: header.startedAt,
    sealedAt: '2026-01-02T03:05:00.000Z',
    endCode: 'client_closed',
    crashed: false,
    ...shape.manifest,
  };
  const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${base64url({ alg: 'EdDSA', typ: MANIFEST_TYPE, kid: 'mine', ...shape.protectedHeader })}.${base64url(manifest)}`;
  const jws = `${content}.${sign(null, Buffer.from(content), shape.key ?? privateKey).toString('base64url')}`;
  const parts = [start.bytes, ...events, encodeManifest(jws)];
  return { parts, whole: new Uint8Array(Buffer.concat(parts)) };
}

async function collect(chunks: Iterable<Uint8Array>): Promise<RecordingPart[]> {
  const found: RecordingPart[] = [];
  for await (const part of readRecording(chunks)) found.push(part);
  return found;
}

const reasonOf = async (chunks: Iterable<Uint8Array>, known = keys) => {
  const verification = await verifyRecording(chunks, known);
  return verification.ok ? 'ok' : verification.reason;
};

describe('verifyRecording', () => {
  it('accepts what the gateway sealed, and says what was signed', async () => {
    const result = await verifyRecording([recording().whole], keys);
    expect(result).toMatchObject({
      ok: true,
      events: 4,
      kid: 'mine',
      manifest: { endCode: 'client_closed' },
      header,
    });
  });

  it('refuses a file in which any single bit was changed', async () => {
    const { whole } = recording();
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const changed = Uint8Array.from(whole);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const result = await verifyRecording([changed], keys);
      if (result.ok) expect.fail(`bit ${bit} was changed unnoticed`);
    }
  }, 60_000);

  it('refuses a file cut off at any byte, and one with anything after it', async () => {
    const { whole } = recording();
    for (let length = 0; length < whole.length; length++)
      expect((await verifyRecording([whole.subarray(0, length)], keys)).ok).toBe(false);
    expect(await reasonOf([whole, new Uint8Array(1)])).toBe('something follows the manifest');
    expect(await reasonOf([whole, whole])).toBe('something follows the manifest');
  });

  it('refuses events that were dropped, repeated or put in another order', async () => {
    const { parts } = recording();
    for (let index = 1; index < parts.length - 1; index++) {
      expect((await verifyRecording(parts.toSpliced(index, 1), keys)).ok).toBe(false);
      expect(
        (await verifyRecording(parts.toSpliced(index, 0, parts[index] ?? new Uint8Array()), keys)).ok,
      ).toBe(false);
    }
    const [start = new Uint8Array(), first = new Uint8Array(), second = new Uint8Array(), ...rest] = parts;
    expect(await verifyRecording([start, second, first, ...rest], keys)).toEqual({
      ok: false,
      at: 0,
      reason: 'event 0 calls itself 1',
    });
  });

  it('trusts no signature but one of a known key over a manifest', async () => {
    expect(await reasonOf([recording({ key: stranger.privateKey }).whole])).toBe(
      'the signature of the manifest is wrong',
    );
    expect(await reasonOf([recording({ protectedHeader: { typ: 'at+jwt' } }).whole])).toMatch(
      'not signed as one',
    );
    expect(await reasonOf([recording({ protectedHeader: { alg: 'none' } }).whole])).toMatch(
      'not signed as one',
    );
    expect(await reasonOf([recording({ protectedHeader: { crit: ['b64'] } }).whole])).toMatch(
      'not signed as one',
    );
    expect(await reasonOf([recording().whole], [jwk(publicKey, 'renamed')])).toMatch(
      'a key that is not known here: mine',
    );
    expect(await reasonOf([recording().whole], [{ ...jwk(publicKey, 'mine'), x: 'AAAA' }])).toMatch(
      'not an Ed25519 public key',
    );
  });

  it('refuses what contradicts itself even where it is signed', async () => {
    const other = 'ses_01900000-0000-7000-8000-00000000000f' as RecordingManifest['session'];
    expect(await reasonOf([recording({ manifest: { session: other } }).whole])).toMatch(
      'the session is ses_',
    );
    expect(await reasonOf([recording({ manifest: { events: 5 } }).whole])).toMatch('number of events is 4');
    expect(await reasonOf([recording({ manifest: { endCode: 'terminated' } }).whole])).toMatch(
      'the end code is',
    );
    expect(await reasonOf([recording({ steps: steps.slice(0, 3) }).whole])).toMatch(
      'not the end of the session',
    );
    const [first, second, third, end] = steps;
    if (!first || !second || !third || !end) throw new Error('four steps');
    expect(await reasonOf([recording({ steps: [end, first] }).whole])).toBe(
      'event 1 is earlier than the one before it',
    );
    expect(await reasonOf([recording({ steps: [end, { ...first, at: 9 }] }).whole])).toBe(
      'event 1 comes after the end',
    );
    expect(await reasonOf([recording({ steps: [first, { ...second, seq: 7 }, end] }).whole])).toBe(
      'event 1 calls itself 7',
    );
  });

  it('tells an open recording from a bad one', async () => {
    const { parts } = recording();
    expect(await reasonOf(parts.slice(0, -1))).toMatch('the recording is not sealed');
  });
});

describe('readRecording', () => {
  it('gives the same parts however the bytes are split', async () => {
    const { whole } = recording();
    const expected = await collect([whole]);
    expect(expected.map((part) => part.kind)).toEqual([
      'header',
      'event',
      'event',
      'event',
      'event',
      'manifest',
    ]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 40 }), async (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
        const pieces = places.slice(1).map((place, index) => whole.subarray(places[index], place));
        expect(await collect(pieces)).toEqual(expected);
      }),
    );
  });

  it('takes arbitrary bytes for what they are', async () => {
    const { parts } = recording();
    const start = parts[0] ?? new Uint8Array();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (noise) => {
        await expect(collect([noise])).rejects.toThrow(RecordingInvalid);
        await expect(collect([start, noise])).rejects.toThrow(RecordingInvalid);
      }),
    );
  });

  it('closes its source when it is left early', async () => {
    let closed = false;
    async function* source() {
      try {
        for (const part of recording().parts) yield part;
      } finally {
        closed = true;
      }
    }
    for await (const part of readRecording(source())) if (part.kind === 'header') break;
    expect(closed).toBe(true);
  });
});
