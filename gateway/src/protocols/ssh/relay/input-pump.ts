import type { Session } from '../../../sessions/session.ts';
import type { WireChannel } from '../server/ssh2-wire.ts';
import type { TypedInput } from '../typing/typed-input.ts';

export interface InputPumpParts {
  readonly session: Session;
  /** The channel's number in the recording. */
  readonly channel: number;
  /** The client's channel. */
  readonly from: WireChannel;
  /** The target's. */
  readonly to: WireChannel;
  /** Decides what may be recorded of what is typed into a terminal; without, all is. */
  readonly typed: TypedInput | undefined;
  readonly guard: (task: () => void) => void;
}

/** What the client says, on its way to the target: recorded, sent, as fast as the target takes it. */
export class InputPump {
  readonly #parts: InputPumpParts;
  #over = false;
  /** Bytes that went to the target. */
  bytes = 0;

  constructor(parts: InputPumpParts) {
    this.#parts = parts;
    const { from, to, guard } = parts;
    from.on('data', (chunk: Buffer) => guard(() => this.#pass(chunk)));
    from.once('end', () => {
      if (to.writable) to.end();
    });
    to.on('drain', () => from.resume());
  }

  /** Calls `done` once all that the client said is with the target; to be called when the client closed its side. */
  whenDone(done: () => void): void {
    const { to, guard } = this.#parts;
    if (to.writableFinished || !to.writable) done();
    else to.once('finish', () => guard(done));
  }

  /** Drops whatever comes. */
  stop(): void {
    this.#over = true;
    this.#parts.from.resume();
  }

  #pass(chunk: Buffer): void {
    const { session, channel, from, to, typed } = this.#parts;
    if (this.#over || !to.writable) return;
    session.record(typed?.input(chunk) ?? [{ event: { type: 'input', channel }, payload: chunk }]);
    this.bytes += chunk.length;
    if (!to.write(chunk)) from.pause();
  }
}
