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

/** Bytes that are masked, recorded and sent together at most. */
const TOGETHER = 256 * 1024;
/** Bytes after which the target learns that it may send more; a part of the 2 MB that it may send unasked. */
const ACKNOWLEDGE_AFTER = 256 * 1024;

interface Piece {
  readonly bytes: Buffer;
  readonly name: OutputName;
}

interface Together {
  readonly pieces: readonly Buffer[];
  readonly name: OutputName;
  readonly length: number;
}

/**
 * What the target says, on its way to the client: masked, recorded, sent. While the client takes nothing, nothing is
 * masked or recorded either; what waits is bounded by the window that the target has.
 */
export class OutputPump {
  readonly #parts: OutputPumpParts;
  /** From the target, as it came. What one turn brings goes on together. */
  #arrived: Piece[] = [];
  #scheduled = false;
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

  push(bytes: Buffer, name: OutputName): void {
    if (this.#over) return;
    this.#arrived.push({ bytes, name });
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.#onTurn);
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
    while (!this.#blockedByClient()) {
      const together = this.#takeTogether();
      if (together === undefined) break;
      this.#pass(together);
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

  /** What comes next from one of the two, as far as it goes together. */
  #takeTogether(): Together | undefined {
    const first = this.#arrived[this.#next];
    if (first === undefined) return undefined;
    const { name } = first;
    const pieces: Buffer[] = [];
    let length = 0;
    for (let piece: Piece | undefined = first; piece?.name === name; piece = this.#arrived[this.#next]) {
      if (length > 0 && length + piece.bytes.length > TOGETHER) break;
      pieces.push(piece.bytes);
      length += piece.bytes.length;
      this.#next += 1;
    }
    return { pieces, name, length };
  }

  #pass({ pieces, name, length }: Together): void {
    const masker = this.#parts.maskers[name];
    this.#give(masker === undefined ? pieces : pieces.map((piece) => masker.push(piece)), name);
    this.#unacknowledged += length;
    if (this.#unacknowledged < ACKNOWLEDGE_AFTER) return;
    this.#parts.acknowledge(this.#unacknowledged);
    this.#unacknowledged = 0;
  }

  #give(given: readonly Buffer[], name: OutputName): void {
    const pieces = given.filter(({ length }) => length > 0);
    const [first] = pieces;
    if (first === undefined) return;
    const { session, channel, typed, maskers } = this.#parts;
    const masked = maskers[name]?.takeMatches() ?? 0;
    const output: RecordingEntry = {
      event: { type: 'output', channel, stream: name, ...(masked > 0 && { masked }) },
      payload: pieces.length === 1 ? first : pieces,
    };
    const echoed =
      name === 'stdout' && typed !== undefined ? pieces.flatMap((piece) => typed.output(piece)) : [];
    session.record([...echoed, output]);
    for (const bytes of pieces) this.#recorded.push({ bytes, name });
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
      if (masker?.holding === true) this.#give([masker.flush()], name);
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

  readonly #onTurn = (): void => {
    this.#scheduled = false;
    this.#parts.guard(() => this.advance());
  };

  readonly #onRelief = (): void => this.#parts.guard(() => this.advance());
}
