import type { GatewayId, SessionId } from '@drawbridge/contract';
import type { Growth } from './growth.ts';

/**
 * Where the bytes of recordings are kept; knows neither keys nor events. A recording is open, held by one
 * writer, until it is finished, and from then on never changes.
 */
export interface RecordingStore {
  /** Begins one and holds it. Nothing stays behind when it throws. */
  create(session: SessionId, gateway: GatewayId, start: Uint8Array): OpenRecording;
  /** Gateways that have recordings open there, or left some so. */
  openGateways(): Promise<readonly GatewayId[]>;
  /** Open recordings of one gateway that nobody of this machine holds any more. */
  abandoned(gateway: GatewayId): Promise<readonly SessionId[]>;
  /** Takes hold of an abandoned one; undefined when another was quicker. */
  claim(session: SessionId, gateway: GatewayId): Promise<OpenRecording | undefined>;
  read(session: SessionId): Promise<StoredRecording | undefined>;
}

/** A recording held for writing. */
export interface OpenRecording {
  /** In bytes. */
  readonly size: number;
  /** Hands all bytes to the operating system. On failure nothing of them stays, else this and every later call throws. */
  append(bytes: Uint8Array): void;
  /** Cuts off what is after `size`. */
  truncate(size: number): void;
  /** @throws Error when another has taken hold of it: it was taken for abandoned. */
  assertHeld(): Promise<void>;
  /** From the first byte to the last. */
  chunks(): AsyncIterable<Uint8Array>;
  /** The same, and then whatever is appended until `growth` ends. @throws the signal's reason once it aborts */
  follow(growth: Growth, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Makes it durable and final, once; what is held is let go. */
  finish(): Promise<void>;
  /** Puts it away for a person to look at: it is neither open nor finished any more. */
  setAside(): Promise<void>;
  /** Lets go without finishing: it is abandoned then. */
  release(): void;
}

export interface StoredRecording {
  readonly finished: boolean;
  /** Up to what was there when the reading began. */
  chunks(): AsyncIterable<Uint8Array>;
}
