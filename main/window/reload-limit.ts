const WINDOW = 60_000;
const MOST = 3;

/** Whether a page that has crashed may be loaded once more: not more than three times a minute. */
export class ReloadLimit {
  readonly #now: () => number;
  #crashes: number[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  mayReload(): boolean {
    const now = this.#now();
    this.#crashes = [...this.#crashes.filter((at) => now - at < WINDOW), now];
    return this.#crashes.length <= MOST;
  }
}
