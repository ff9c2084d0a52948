import type { ClientClock } from '../../clock.ts';

export interface PlaybackOptions {
  readonly clock: ClientClock;
  /** What the time that passed is divided by. */
  readonly speed: number;
  /** The longest silence, in recorded milliseconds. */
  readonly idleLimit: number;
  readonly signal: AbortSignal;
}

/** When what was recorded is due, at a pace, with silences cut short, and with pauses. */
export class PlaybackClock {
  readonly #options: PlaybackOptions;
  /** Recorded milliseconds of what came last. */
  #at = 0;
  /** On the clock, in milliseconds: when that was due. */
  #due: number;
  /** Ends when a pause begins. */
  #playing = new AbortController();
  #resumed: Promise<void> = Promise.resolve();
  #resume: (() => void) | undefined;

  constructor(options: PlaybackOptions) {
    this.#options = options;
    this.#due = options.clock.now();
    options.signal.addEventListener('abort', () => this.#resume?.(), { once: true });
  }

  /** Resolves when what was recorded `at` (ms) is due. @throws the signal's reason */
  async until(at: number): Promise<void> {
    const { clock, speed, idleLimit, signal } = this.#options;
    this.#due += Math.min(Math.max(0, at - this.#at), idleLimit) / speed;
    this.#at = Math.max(this.#at, at);
    for (;;) {
      await this.#resumed;
      signal.throwIfAborted();
      const left = this.#due - clock.now();
      if (left <= 0) return;
      const playing = this.#playing.signal;
      try {
        await clock.sleep(left, AbortSignal.any([signal, playing]));
        return;
      } catch (error) {
        if (!playing.aborted) throw error;
      }
    }
  }

  /** Pauses, or goes on. @returns whether it is paused now */
  toggle(): boolean {
    if (this.#resume !== undefined) {
      this.#resume();
      return false;
    }
    const since = this.#options.clock.now();
    this.#resumed = new Promise((resolve) => {
      this.#resume = () => {
        this.#resume = undefined;
        this.#due += this.#options.clock.now() - since;
        this.#playing = new AbortController();
        resolve();
      };
    });
    this.#playing.abort();
    return true;
  }
}
