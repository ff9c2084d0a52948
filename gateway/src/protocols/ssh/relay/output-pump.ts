import type { Clock } from '../../../clock.ts';
import { HOLD_LIMIT, type TextMasker } from '../../../masking/text/text-masker.ts';
import type { RecordingEntry } from '../../../recording/recorder.ts';
import type { Session } from '../../../sessions/session.ts';
import type { ClientChannel } from '../server/client-channel.ts';
import type { TypedInput } from '../typing/typed-input.ts';

export type OutputName = 'stdout' | 'stderr';

export interface OutputPumpParts {
  readonly session: Session;
  /** The channel's number in the recording. */
  readonly channel: number;
  readonly clock: Clock;
  readonly client: ClientChannel;
  readonly maskers: Readonly<Record<OutputName, TextMasker | undefined>>;
  /** Learns from what a terminal shows. */
  readonly typed: TypedInput | undefined;
  /** Lets the target send as much more. */
  readonly acknowledge: (bytes: number) => void;
  /** All is with the client, and nothing follows. */
  readonly onDrained: () => void;
  /** Runs what a timer began; takes its errors. */
  readonly guard: (task: () => void) => void;
}

/** Bytes after which the target learns that it may send more; a part of the 2 MB that it may send unasked. */
const ACKNOWLEDGE_AFTER = 256 * 1024;

interface Piece {
  readonly bytes: Buffer;
  readonly name: OutputName;
}

/**
 * What the target says, on its way to the client: masked, recorded, sent. While the client takes nothing, nothing is
 * masked or recorded either; what waits is bounded by the window that the target has.
 */
export class OutputPump {
  readonly #parts: OutputPumpParts;
  /** From the target, as it came. */
  #arrived: Piece[] = [];
  #next = 0;
  /** Masked and recorded; had no room yet. */
  #recorded: Piece[] = [];
  #unacknowledged = 0;
  #ended = false;
  #over = false;
  #cancelHold: (() => void) | undefined;

  constructor(parts: OutputPumpParts) {
    this.#parts = parts;
  }

  /** @throws RecordingFailed */
  push(bytes: Buffer, name: OutputName): void {
    if (this.#over) return;
    if (this.#isBlocked()) {
      this.#arrived.push({ bytes, name });
      this.#parts.client.whenRelieved(this.#onRelief);
      return;
    }
    this.#pass(bytes, name);
    this.#hold();
  }

  /** Nothing follows. @throws RecordingFailed */
  end(): void {
    this.#ended = true;
    this.advance();
  }

  /** Sends on what waits, as far as the client takes it. @throws RecordingFailed */
  advance(): void {
    if (this.#over) return;
    this.#sendRecorded();
    while (this.#next < this.#arrived.length && !this.#blockedByClient()) {
      const piece = this.#arrived[this.#next];
      this.#next += 1;
      if (piece !== undefined) this.#pass(piece.bytes, piece.name);
    }
    if (this.#next === this.#arrived.length) {
      this.#arrived = [];
      this.#next = 0;
    }
    if (this.#isBlocked()) this.#parts.client.whenRelieved(this.#onRelief);
    else if (this.#ended) this.#finish();
    else this.#hold();
  }

  /** Drops what waits and whatever comes. */
  stop(): void {
    this.#over = true;
    this.#cancelHold?.();
    this.#arrived = [];
    this.#recorded = [];
  }

  #isBlocked(): boolean {
    return this.#next < this.#arrived.length || this.#blockedByClient();
  }

  #blockedByClient(): boolean {
    return this.#recorded.length > 0 || this.#parts.client.full;
  }

  #pass(bytes: Buffer, name: OutputName): void {
    const masker = this.#parts.maskers[name];
    this.#give(masker === undefined ? bytes : masker.push(bytes), name);
    this.#unacknowledged += bytes.length;
    if (this.#unacknowledged < ACKNOWLEDGE_AFTER) return;
    this.#parts.acknowledge(this.#unacknowledged);
    this.#unacknowledged = 0;
  }

  #give(bytes: Buffer, name: OutputName): void {
    if (bytes.length === 0) return;
    const { session, channel, typed, maskers } = this.#parts;
    const masked = maskers[name]?.takeMatches() ?? 0;
    const output: RecordingEntry = {
      event: { type: 'output', channel, stream: name, ...(masked > 0 && { masked }) },
      payload: bytes,
    };
    const echoed = name === 'stdout' ? (typed?.output(bytes) ?? []) : [];
    session.record([...echoed, output]);
    this.#recorded.push({ bytes, name });
    this.#sendRecorded();
  }

  #sendRecorded(): void {
    for (let piece = this.#recorded[0]; piece !== undefined; piece = this.#recorded[0]) {
      const sent = this.#parts.client.send(piece.bytes, piece.name);
      if (sent < piece.bytes.length) {
        this.#recorded[0] = { bytes: piece.bytes.subarray(sent), name: piece.name };
        return;
      }
      this.#recorded.shift();
    }
  }

  /** Sees that what a masker keeps back comes out when nothing follows for a moment. */
  #hold(): void {
    const { clock, guard } = this.#parts;
    this.#cancelHold?.();
    this.#cancelHold = this.#holding()
      ? clock.after(HOLD_LIMIT, () =>
          guard(() => {
            if (!this.#over && !this.#isBlocked()) this.#flush();
          }),
        )
      : undefined;
  }

  #holding(): boolean {
    const { stdout, stderr } = this.#parts.maskers;
    return (stdout?.holding ?? false) || (stderr?.holding ?? false);
  }

  #flush(): void {
    for (const name of ['stdout', 'stderr'] as const) {
      const masker = this.#parts.maskers[name];
      if (masker?.holding === true) this.#give(masker.flush(), name);
    }
  }

  #finish(): void {
    this.#flush();
    if (this.#recorded.length > 0) {
      this.#parts.client.whenRelieved(this.#onRelief);
      return;
    }
    this.stop();
    this.#parts.onDrained();
  }

  readonly #onRelief = (): void => this.#parts.guard(() => this.advance());
}
