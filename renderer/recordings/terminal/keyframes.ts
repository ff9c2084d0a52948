import { endsWhole } from './ends-whole.ts';
import { StepWriter, type WritableTerminal } from './step-writer.ts';
import type { RecordedScreen } from './terminal-output.ts';

/** A screen as it was after so many pieces; written to a fresh terminal of that size it is there again. */
export interface Keyframe {
  readonly pieces: number;
  readonly columns: number;
  readonly rows: number;
  readonly text: string;
}

/** A terminal nobody sees, with what tells its state. */
export interface OffScreen extends WritableTerminal {
  readonly cols: number;
  readonly rows: number;
  /** Its state as text, with at most so many lines of what has scrolled out of it. */
  serialize(scrollback: number): string;
  dispose(): void;
}

/** Bytes between two keyframes: what a seek has to replay at most. */
export const KEYFRAME_EVERY = 512 * 1024;
/** Lines above the screen that a keyframe keeps. */
const SCROLLBACK = 300;

/** Keyframes of a screen, taken in the background as its pieces come, so that a seek never replays hours. */
export class Keyframes {
  readonly #screen: RecordedScreen;
  readonly #createOffScreen: () => OffScreen;
  readonly #frames: Keyframe[] = [];
  #terminal: OffScreen | undefined;
  #writer: StepWriter | undefined;
  #since = 0;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(screen: RecordedScreen, createOffScreen: () => OffScreen) {
    this.#screen = screen;
    this.#createOffScreen = createOffScreen;
  }

  /** The last keyframe with no more than so many pieces. */
  before(pieces: number): Keyframe | undefined {
    return this.#frames.findLast((frame) => frame.pieces <= pieces);
  }

  /** Goes on to what there is now. Cheap where a screen is short: then there is nothing to keep. */
  advance(): Promise<void> {
    if (this.#screen.bytes < KEYFRAME_EVERY || this.#closed) return Promise.resolve();
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  close(): void {
    this.#closed = true;
    this.#terminal?.dispose();
  }

  async #run(): Promise<void> {
    this.#terminal ??= this.#createOffScreen();
    this.#writer ??= new StepWriter(this.#terminal, this.#screen);
    const { pieces } = this.#screen;
    while (!this.#closed && this.#writer.position < pieces.length) {
      this.#since += await this.#writer.step(pieces.length);
      const last = pieces[this.#writer.position - 1];
      const between = last === undefined || !('bytes' in last) || endsWhole(last.bytes);
      if (this.#since < KEYFRAME_EVERY || !between || this.#closed) continue;
      this.#since = 0;
      const { cols: columns, rows } = this.#terminal;
      this.#frames.push({
        pieces: this.#writer.position,
        columns,
        rows,
        text: this.#terminal.serialize(SCROLLBACK),
      });
    }
  }
}
