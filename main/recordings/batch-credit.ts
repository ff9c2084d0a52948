/** How many batches may be on their way to a page that has not taken them over yet. */
export class BatchCredit {
  #left: number;
  #waiting: (() => void) | undefined;

  /** @param signal ends the waiting: nobody takes anything over any more */
  constructor(credit: number, signal: AbortSignal) {
    this.#left = credit;
    signal.addEventListener('abort', () => this.give(), { once: true });
  }

  /** The page took one over. */
  give(): void {
    this.#left += 1;
    this.#waiting?.();
    this.#waiting = undefined;
  }

  /** Resolves once one more may be sent. One caller at a time. */
  async take(): Promise<void> {
    if (this.#left <= 0)
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    this.#left -= 1;
  }
}
