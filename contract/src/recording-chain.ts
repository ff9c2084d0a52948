import { createHash, createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import type { RecordingKey } from './api.ts';
import { type RecordingEvent, type RecordingHeader, RecordingManifest } from './recording.ts';
import { RecordingInvalid, readRecording } from './recording-encoding.ts';

export { ByteQueue } from './byte-queue.ts';
export * from './encode-event.ts';
export * from './recording-encoding.ts';

/** What a manifest's JWS is, in its protected header (RFC 7515, 4.1.9), so that no other signed text passes for one. */
export const MANIFEST_TYPE = 'drawbridge-recording+jws';
const DOMAIN = 'drawbridge recording v1\0';

/** The chain's first hash: SHA-256 of the domain and the header's JSON as it stands in the file. */
export const chainStart = (headerJson: Uint8Array): Buffer =>
  createHash('sha256').update(DOMAIN).update(headerJson).digest();

/** The hash after one more event: SHA-256 of the hash before it and the event as encoded, lengths included. */
export function chainNext(previous: Uint8Array, encoded: Uint8Array): Buffer {
  if (previous.length + encoded.length > SHORT.length) return chainNextOf(previous, [encoded]);
  // Most events are short, and for those making the hash object costs more than hashing.
  SHORT.set(previous);
  SHORT.set(encoded, previous.length);
  const bytes = SHORT.subarray(0, previous.length + encoded.length);
  return Buffer.from(hash('sha256', bytes, 'binary'), 'binary');
}

/** The same of an event in pieces. */
export function chainNextOf(previous: Uint8Array, pieces: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256').update(previous);
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}

/** To put a hash and a short event side by side. */
const SHORT = new Uint8Array(2048);

/** Follows a recording from its header on: what each event must fit, and what the manifest must say. */
export class RecordingChain {
  readonly header: RecordingHeader;
  #head: Buffer;
  #events = 0;
  #at = 0;
  #end: Extract<RecordingEvent, { type: 'end' }> | undefined;

  constructor(header: RecordingHeader, headerJson: Uint8Array) {
    this.header = header;
    this.#head = chainStart(headerJson);
  }

  /** Hexadecimal. */
  get head(): string {
    return this.#head.toString('hex');
  }
  get events(): number {
    return this.#events;
  }
  /** Time of the last event, in ms since the start. */
  get at(): number {
    return this.#at;
  }
  get end(): Extract<RecordingEvent, { type: 'end' }> | undefined {
    return this.#end;
  }

  /** @throws RecordingInvalid when the event can't come next. */
  add(event: RecordingEvent, encoded: Uint8Array): void {
    const place = this.#events;
    if (event.seq !== place) throw new RecordingInvalid(`event ${place} calls itself ${event.seq}`, place);
    if (event.at < this.#at)
      throw new RecordingInvalid(`event ${place} is earlier than the one before it`, place);
    if (this.#end !== undefined) throw new RecordingInvalid(`event ${place} comes after the end`, place);
    if (event.type === 'end') this.#end = event;
    this.#head = chainNext(this.#head, encoded);
    this.#events++;
    this.#at = event.at;
  }
}

export type Verification =
  | {
      readonly ok: true;
      readonly header: RecordingHeader;
      readonly manifest: RecordingManifest;
      /** How many. */
      readonly events: number;
      /** Id of the key that signed it. */
      readonly kid: string;
    }
  | {
      readonly ok: false;
      /** Position of the event at which it shows, where it is one. */
      readonly at?: number;
      readonly reason: string;
    };

/**
 * Checks a recording from its first byte to its last against public keys: form, order, times, chain, count,
 * and the signature over all of it. Reads once and holds one event at a time. Rejects only when `chunks` does.
 */
export async function verifyRecording(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  keys: readonly RecordingKey[],
): Promise<Verification> {
  try {
    let chain: RecordingChain | undefined;
    let jws: string | undefined;
    for await (const part of readRecording(chunks)) {
      if (part.kind === 'header') chain = new RecordingChain(part.header, part.json);
      else if (part.kind === 'event') chain?.add(part.event, part.encoded);
      else jws = part.jws;
    }
    if (chain === undefined) return { ok: false, reason: 'the recording has no header' };
    if (jws === undefined)
      return {
        ok: false,
        reason: 'the recording is not sealed: the session is still open, or its end was cut off',
      };
    const { manifest, kid } = openManifest(jws, keys);
    checkManifest(manifest, chain);
    return { ok: true, header: chain.header, manifest, events: chain.events, kid };
  } catch (error) {
    if (!(error instanceof RecordingInvalid)) throw error;
    return { ok: false, ...(error.at !== undefined && { at: error.at }), reason: error.message };
  }
}

function checkManifest(manifest: RecordingManifest, { header, events, head, end }: RecordingChain): void {
  const same = (what: string, here: unknown, signed: unknown) => {
    if (here !== signed)
      throw new RecordingInvalid(
        `the ${what} is ${String(here)}, but what was signed says ${String(signed)}`,
      );
  };
  same('session', header.session, manifest.session);
  same('gateway', header.gateway, manifest.gateway);
  same('start', header.startedAt, manifest.startedAt);
  same('number of events', events, manifest.events);
  same('last hash of the chain', head, manifest.head);
  if (end === undefined) throw new RecordingInvalid('the last event is not the end of the session');
  same('end code', end.code, manifest.endCode);
}

/**
 * The manifest in a compact JWS (RFC 7515) with Ed25519 (RFC 8037), after checking its signature.
 * @throws RecordingInvalid
 */
function openManifest(
  jws: string,
  keys: readonly RecordingKey[],
): { manifest: RecordingManifest; kid: string } {
  const [head = '', body = '', signature = '', ...rest] = jws.split('.');
  if (rest.length > 0) throw new RecordingInvalid('the manifest is not a JWS');
  const protectedHeader = parse(decode(head));
  const { alg, typ, kid, crit } = isRecord(protectedHeader) ? protectedHeader : {};
  if (alg !== 'EdDSA' || typ !== MANIFEST_TYPE || crit !== undefined)
    throw new RecordingInvalid(`the manifest is not signed as one (wanted EdDSA and ${MANIFEST_TYPE})`);
  const key = keys.find((candidate) => candidate.kid === kid);
  if (key === undefined || typeof kid !== 'string')
    throw new RecordingInvalid(`the manifest is signed by a key that is not known here: ${String(kid)}`);
  if (!verify(null, Buffer.from(`${head}.${body}`, 'latin1'), publicKey(key), decode(signature)))
    throw new RecordingInvalid('the signature of the manifest is wrong');
  const parsed = RecordingManifest.safeParse(parse(decode(body)));
  if (!parsed.success) throw new RecordingInvalid('the manifest is not understood');
  return { manifest: parsed.data, kid };
}

function publicKey({ kty, crv, x }: RecordingKey): KeyObject {
  try {
    return createPublicKey({ key: { kty, crv, x }, format: 'jwk' });
  } catch (cause) {
    throw new RecordingInvalid('the key to verify with is not an Ed25519 public key', undefined, { cause });
  }
}

/** Base64url in its only spelling: what Node's decoder would forgive could be changed without breaking the signature. */
function decode(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw new RecordingInvalid('the manifest is not a JWS');
  return bytes;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new RecordingInvalid('the manifest is not a JWS', undefined, { cause });
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
