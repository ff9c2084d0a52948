import { randomBytes } from 'node:crypto';
import {
  type GatewayId,
  type RecordingHeader,
  RecordingManifest,
  SessionId,
  type SessionId as SessionIdType,
} from '@drawbridge/contract';
import {
  chainStart,
  encodeRecordingStart,
  RecordingChain,
  RecordingInvalid,
  readRecording,
} from '@drawbridge/contract/recording-chain';
import type { Clock } from '../clock.ts';
import { Growth } from './growth.ts';
import { type Recorder, RecordingFailed, type Recordings } from './recorder.ts';
import { RecordingDamaged } from './recording-damaged.ts';
import type { OpenRecording, RecordingStore } from './recording-store.ts';
import { Scratch } from './scratch.ts';
import type { RecordingSigningKey } from './sign-manifest.ts';
import {
  encodePrefix,
  FRAME_HEAD,
  FRAME_TAG,
  FrameSealer,
  readStoredFrames,
  type StoredPrefix,
} from './stored-frames.ts';
import { StoredRecorder } from './stored-recorder.ts';

/** The part of the keyring that wraps the key of each recording. */
export interface SealedKeys {
  seal(plain: Uint8Array, context: string): string;
  open(sealed: string, context: string): Uint8Array;
}

interface StoredRecordingsParts {
  readonly store: RecordingStore;
  readonly keyring: SealedKeys;
  readonly signingKey: RecordingSigningKey;
  readonly gatewayId: GatewayId;
  readonly clock: Pick<Clock, 'now'>;
  readonly ticks: () => number;
  readonly onProblem: (session: SessionIdType, error: Error) => void;
  readonly assertAlive: () => void;
}

/** Encrypted, chained, signed recordings on any store of bytes. */
export class StoredRecordings implements Recordings {
  readonly #parts: StoredRecordingsParts;
  readonly #scratch = { plain: new Scratch(), frame: new Scratch() };
  /** Recordings that are being written here. */
  readonly #open = new Map<SessionIdType, { readonly file: OpenRecording; readonly growth: Growth }>();

  constructor(parts: StoredRecordingsParts) {
    this.#parts = parts;
  }

  open(header: RecordingHeader): Recorder {
    const { clock, gatewayId, keyring, store, ticks } = this.#parts;
    if (header.gateway !== gatewayId) throw new RecordingFailed('a gateway records its own sessions only');
    try {
      const key = randomBytes(32);
      const identity = { session: header.session, gateway: gatewayId };
      const prefix = encodePrefix({ ...identity, key: keyring.seal(key, keyContext(header.session)) });
      const { bytes, json } = encodeRecordingStart(header);
      const sealer = new FrameSealer(key, identity, 0);
      const frame = sealer.seal(
        [bytes],
        bytes.length,
        Buffer.alloc(FRAME_HEAD + bytes.length + FRAME_TAG),
        false,
      );
      const file = store.create(header.session, gatewayId, Buffer.concat([prefix, frame]));
      sealer.advance();
      const opened = ticks() - Math.max(0, clock.now() - Date.parse(header.startedAt));
      return this.#recorder(
        header,
        file,
        sealer,
        { head: chainStart(json), events: 0, at: 0 },
        () => ticks() - opened,
      );
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new RecordingFailed(`the recording can't be created: ${message}`, { cause });
    }
  }

  async openElsewhere(): Promise<readonly GatewayId[]> {
    return (await this.#parts.store.openGateways()).filter((id) => id !== this.#parts.gatewayId);
  }

  async recover(gateway: GatewayId = this.#parts.gatewayId): Promise<readonly RecordingManifest[]> {
    const { assertAlive, onProblem, store } = this.#parts;
    const sealed: RecordingManifest[] = [];
    for (const session of await store.abandoned(gateway)) {
      try {
        assertAlive();
        const file = await store.claim(session, gateway);
        if (file !== undefined) sealed.push(await this.#recover(session, file));
      } catch (error) {
        onProblem(session, error instanceof Error ? error : new Error(String(error)));
      }
    }
    return sealed;
  }

  async read(session: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const id = SessionId.safeParse(session);
    if (!id.success) return undefined;
    const stored = await this.#parts.store.read(id.data);
    return stored && this.#plain(stored.chunks(), id.data, stored.finished);
  }

  async follow(session: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    const id = SessionId.safeParse(session);
    if (!id.success) return undefined;
    const open = this.#open.get(id.data);
    if (open !== undefined) return this.#plain(open.file.follow(open.growth, signal), id.data, false);
    const stored = await this.#parts.store.read(id.data);
    return stored?.finished === true ? this.#plain(stored.chunks(), id.data, true) : undefined;
  }

  async *#plain(
    chunks: AsyncIterable<Uint8Array>,
    session: SessionIdType,
    finished: boolean,
  ): AsyncGenerator<Uint8Array> {
    for await (const { plain } of readStoredFrames(chunks, { session, finished, unwrap: this.#unwrap }))
      yield plain;
  }

  /** Seals one that was left open. One that can't be understood is set aside, whole, and never guessed at. */
  async #recover(session: SessionIdType, file: OpenRecording): Promise<RecordingManifest> {
    try {
      const { key, chain, head, frames, size, manifest } = await this.#replay(session, file);
      if (file.size > size) file.truncate(size);
      if (manifest !== undefined) {
        // It was sealed, and the crash came before it was put in its place.
        await file.finish();
        return manifest;
      }
      const identity = { session, gateway: chain.header.gateway };
      const position = { head, events: chain.events, at: chain.at };
      return await this.#recorder(
        chain.header,
        file,
        new FrameSealer(key, identity, frames),
        position,
        () => chain.at,
      ).sealCrashed();
    } catch (error) {
      if (
        error instanceof RecordingInvalid ||
        (error instanceof RecordingDamaged && error.code === 'damaged')
      )
        await file.setAside();
      throw error;
    } finally {
      file.release();
    }
  }

  async #replay(session: SessionIdType, file: OpenRecording) {
    let key: Uint8Array | undefined;
    let frames = 0;
    let size = 0;
    const onPrefix = (_prefix: StoredPrefix, unwrapped: Uint8Array) => {
      key = unwrapped;
    };
    const stored = readStoredFrames(file.chunks(), {
      session,
      finished: false,
      unwrap: this.#unwrap,
      onPrefix,
    });
    const plain = (async function* () {
      for await (const frame of stored) {
        yield frame.plain;
        frames = frame.index + 1;
        size = frame.end;
      }
    })();
    let chain: RecordingChain | undefined;
    let manifest: RecordingManifest | undefined;
    for await (const part of readRecording(plain)) {
      if (part.kind === 'header') chain = new RecordingChain(part.header, part.json);
      else if (part.kind === 'event') chain?.add(part.event, part.encoded);
      else manifest = manifestOf(part.jws);
    }
    if (key === undefined || chain === undefined)
      throw new RecordingDamaged('the recording is cut off within its header');
    if (chain.header.session !== session)
      throw new RecordingDamaged('the recording is that of another session');
    return { key, chain, head: Buffer.from(chain.head, 'hex'), frames, size, manifest };
  }

  readonly #unwrap = ({ key, session }: StoredPrefix): Uint8Array =>
    this.#parts.keyring.open(key, keyContext(session));

  #recorder(
    header: RecordingHeader,
    file: OpenRecording,
    sealer: FrameSealer,
    position: { head: Buffer; events: number; at: number },
    elapsed: () => number,
  ): StoredRecorder {
    const { assertAlive, clock, signingKey } = this.#parts;
    const rounded = () => Math.round(elapsed() * 1000) / 1000;
    const growth = new Growth(() => this.#open.delete(header.session));
    this.#open.set(header.session, { file, growth });
    return new StoredRecorder({
      header,
      file,
      growth,
      sealer,
      position,
      scratch: this.#scratch,
      signingKey,
      clock,
      elapsed: rounded,
      assertAlive,
    });
  }
}

const keyContext = (session: string): string => `recording:${session}`;

/** The manifest in a JWS of our own, decrypted and so authenticated; its signature is for others. */
function manifestOf(jws: string): RecordingManifest {
  const parsed = RecordingManifest.safeParse(
    JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')),
  );
  if (!parsed.success) throw new RecordingDamaged('the manifest is not understood');
  return parsed.data;
}
