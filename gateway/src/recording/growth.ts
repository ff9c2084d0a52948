/**
 * Tells those who follow an open recording that there is more of it, and when nothing will come any more. It says
 * nothing of what came: they read that themselves, each at its own speed. Costs the writer one look at a number
 * while nobody follows.
 */
export class Growth {
  readonly #waiting = new Set<() => void>();
  readonly #onEnded: () => void;
  #ended = false;

  /** @param onEnded told once, before those who wait are */
  constructor(onEnded: () => void = () => undefined) {
    this.#onEnded = onEnded;
  }

  /** Whether nothing will be added any more. */
  get ended(): boolean {
    return this.#ended;
  }

  grew(): void {
    if (this.#waiting.size > 0) this.#wake();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnded();
    this.#wake();
  }

  /** Resolves at the next growth, at the end, or when `signal` aborts. */
  next(signal: AbortSignal): Promise<void> {
    if (this.#ended || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
