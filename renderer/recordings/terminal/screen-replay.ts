import type { Keyframes } from './keyframes.ts';
import { StepWriter, type WritableTerminal } from './step-writer.ts';
import { piecesUntil, type RecordedScreen } from './terminal-output.ts';

/**
 * Keeps a terminal at a moment of a screen: goes on from where it is, or begins at the nearest keyframe. Asked for
 * another moment on the way, it turns to that one; what was asked for between is never shown.
 */
export class ScreenReplay {
  readonly #screen: RecordedScreen;
  readonly #keyframes: Pick<Keyframes, 'before'>;
  readonly #writer: StepWriter;
  #goal = 0;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(terminal: WritableTerminal, screen: RecordedScreen, keyframes: Pick<Keyframes, 'before'>) {
    terminal.reset();
    this.#screen = screen;
    this.#keyframes = keyframes;
    this.#writer = new StepWriter(terminal, screen);
  }

  /** Resolves once the terminal shows the moment that was asked for last. */
  show(at: number): Promise<void> {
    this.#goal = piecesUntil(this.#screen.pieces, at);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    while (!this.#closed && this.#writer.position !== this.#goal) {
      const position = this.#writer.position;
      const keyframe = this.#keyframes.before(this.#goal);
      if (position > this.#goal || (keyframe !== undefined && keyframe.pieces > position))
        await this.#writer.restart(keyframe);
      else await this.#writer.step(this.#goal);
    }
  }
}
