import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { GatewayId, SessionId } from '@drawbridge/contract';
import { ByteQueue } from '@drawbridge/contract/recording-chain';
import { z } from 'zod';
import { RecordingDamaged } from './recording-damaged.ts';

/**
 * A recording at rest; numbers are unsigned 32-bit, big-endian:
 *
 *     magic 8 bytes | length, JSON { session, gateway, key }
 *     each frame:  length of ciphertext | index | flags | epoch 8 bytes | CRC-32 of the 20 bytes before
 *                  ciphertext | tag 16 bytes
 *
 * AES-256-GCM with a key of the recording's own. The nonce is epoch and index; the additional data is the
 * domain, session, gateway and the frame's first 20 bytes, so that a frame holds only at its place in its file.
 * The plaintexts one after the other are the recording as it is exported.
 */
const MAGIC = Buffer.from('DBRGSTO\x01', 'latin1');
const DOMAIN = 'drawbridge recording at rest v1';
const PREFIX_LIMIT = 64 * 1024;
export const FRAME_HEAD = 24;
export const FRAME_TAG = 16;
const TAG = { authTagLength: FRAME_TAG };
/** Most bytes of plaintext in a frame. */
const FRAME_LIMIT = 2 ** 30;
const LAST = 1;

/** What stands before the frames, readable without the key. `key` is the recording's key, wrapped. */
const StoredPrefix = z.strictObject({ session: SessionId, gateway: GatewayId, key: z.string() });
export type StoredPrefix = z.infer<typeof StoredPrefix>;

export function encodePrefix(prefix: StoredPrefix): Buffer {
  const json = Buffer.from(JSON.stringify(prefix));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([MAGIC, length, json]);
}

const additionalData = ({ session, gateway }: Pick<StoredPrefix, 'session' | 'gateway'>): Buffer =>
  Buffer.from(`${DOMAIN}\0${session}\0${gateway}\0`);

/** Encrypts frames. One writer of a recording has one; another writer draws another epoch, so no nonce comes twice. */
export class FrameSealer {
  readonly #key: Uint8Array;
  /** Additional data: the domain, then a frame's first 20 bytes. */
  readonly #additional: Buffer;
  /** Those 20 bytes. */
  readonly #bound: Buffer;
  readonly #nonce = Buffer.alloc(12);
  #index: number;

  /** @param index - of the first frame to come */
  constructor(key: Uint8Array, identity: Pick<StoredPrefix, 'session' | 'gateway'>, index: number) {
    this.#key = key;
    this.#additional = Buffer.concat([additionalData(identity), Buffer.alloc(20)]);
    this.#bound = this.#additional.subarray(-20);
    this.#index = index;
    this.renew();
  }

  /** To be called when a frame was sealed but not kept: its index comes again, with another text. */
  renew(): void {
    randomBytes(8).copy(this.#nonce);
    this.#nonce.copy(this.#bound, 12, 0, 8);
  }

  /**
   * Seals `plain`, `length` bytes in pieces, as the next frame at the start of `into` and returns the frame. Counts only
   * once `advance` is called.
   */
  seal(plain: readonly Uint8Array[], length: number, into: Buffer, last: boolean): Buffer {
    if (length > FRAME_LIMIT) throw new RangeError('too much was to be recorded at once');
    const bound = this.#bound;
    bound.writeUInt32BE(length, 0);
    bound.writeUInt32BE(this.#index, 4);
    bound.writeUInt32BE(last ? LAST : 0, 8);
    into.set(bound);
    into.writeUInt32BE(crc32(bound), 20);
    this.#nonce.writeUInt32BE(this.#index, 8);
    const cipher = createCipheriv('aes-256-gcm', this.#key, this.#nonce, TAG);
    cipher.setAAD(this.#additional);
    let end = FRAME_HEAD;
    for (const piece of plain) {
      into.set(cipher.update(piece), end);
      end += piece.length;
    }
    cipher.final();
    into.set(cipher.getAuthTag(), end);
    return into.subarray(0, end + FRAME_TAG);
  }

  advance(): void {
    this.#index++;
  }
}

export interface StoredFrame {
  readonly plain: Buffer;
  readonly index: number;
  readonly last: boolean;
  /** Offset of the first byte after it. */
  readonly end: number;
}

export interface StoredFramesOptions {
  readonly session: SessionId;
  /** @throws when no key opens it */
  readonly unwrap: (prefix: StoredPrefix) => Uint8Array;
  /** A finished recording must end with its last frame; in another, a frame not written to its end is left out. */
  readonly finished: boolean;
  readonly onPrefix?: (prefix: StoredPrefix, key: Uint8Array) => void;
}

/** Decrypts a stored recording frame by frame. @throws RecordingDamaged */
export async function* readStoredFrames(
  chunks: AsyncIterable<Uint8Array>,
  options: StoredFramesOptions,
): AsyncGenerator<StoredFrame, void, undefined> {
  const bytes = new ByteQueue(chunks);
  try {
    const { prefix, length } = await readPrefix(bytes, options.session);
    const key = unwrap(prefix, options);
    options.onPrefix?.(prefix, key);
    const domain = additionalData(prefix);
    let end = length;
    for (let index = 0; ; index++) {
      const frame = await readFrame(bytes, key, domain, index, options.finished);
      if (frame === undefined) {
        if (options.finished)
          throw new RecordingDamaged('the recording was finished, but its end is missing');
        return;
      }
      end += FRAME_HEAD + frame.plain.length + FRAME_TAG;
      yield { ...frame, index, end };
      if (frame.last) {
        if (await bytes.has(1)) throw new RecordingDamaged('something follows the end of the recording');
        return;
      }
    }
  } finally {
    await bytes.close();
  }
}

function unwrap(prefix: StoredPrefix, options: StoredFramesOptions): Uint8Array {
  try {
    return options.unwrap(prefix);
  } catch (cause) {
    throw new RecordingDamaged(
      "the recording can't be decrypted: the master key it was written under is not among the gateway's",
      'key',
      { cause },
    );
  }
}

async function readPrefix(
  bytes: ByteQueue,
  session: SessionId,
): Promise<{ prefix: StoredPrefix; length: number }> {
  const damaged = (cause?: unknown) =>
    new RecordingDamaged('the file does not begin as a recording does', 'damaged', { cause });
  if (!(await bytes.has(12)) || !MAGIC.equals(bytes.take(8))) throw damaged();
  const length = bytes.takeUint32();
  if (length > PREFIX_LIMIT || !(await bytes.has(length))) throw damaged();
  let prefix: StoredPrefix;
  try {
    prefix = StoredPrefix.parse(JSON.parse(Buffer.from(bytes.take(length)).toString('utf8')));
  } catch (cause) {
    throw damaged(cause);
  }
  if (prefix.session !== session)
    throw new RecordingDamaged(`the file is that of another session, ${prefix.session}`);
  return { prefix, length: 12 + length };
}

async function readFrame(
  bytes: ByteQueue,
  key: Uint8Array,
  domain: Buffer,
  index: number,
  finished: boolean,
): Promise<{ plain: Buffer; last: boolean } | undefined> {
  const damaged = (cause?: unknown) =>
    new RecordingDamaged(`frame ${index} of the recording is damaged or not in its place`, 'damaged', {
      cause,
    });
  const cutOff = () => {
    if (finished) throw damaged();
    return undefined;
  };
  if (!(await bytes.has(FRAME_HEAD))) return bytes.available === 0 ? undefined : cutOff();
  const head = Buffer.from(bytes.take(FRAME_HEAD));
  const bound = head.subarray(0, 20);
  // Without this a damaged length would look like a frame that wasn't written to its end, and what follows it would be lost.
  if (crc32(bound) !== head.readUInt32BE(20) || head.readUInt32BE(4) !== index) throw damaged();
  const length = head.readUInt32BE(0);
  if (length > FRAME_LIMIT) throw damaged();
  if (!(await bytes.has(length + FRAME_TAG))) return cutOff();
  const nonce = Buffer.concat([head.subarray(12, 20), head.subarray(4, 8)]);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: FRAME_TAG });
  decipher.setAAD(Buffer.concat([domain, bound]));
  const plain = decipher.update(bytes.take(length));
  decipher.setAuthTag(bytes.take(FRAME_TAG));
  try {
    decipher.final();
  } catch (cause) {
    throw damaged(cause);
  }
  return { plain, last: head.readUInt32BE(8) === LAST };
}
