import type { Clock } from '../../gateway/src/clock.ts';

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #now: number;
  readonly #tasks = new Set<{ due: number; task: () => void }>();

  constructor(start = Date.UTC(2026, 0, 5, 12)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const entry = { due: this.#now + Math.max(0, ms), task };
    this.#tasks.add(entry);
    return () => this.#tasks.delete(entry);
  }

  /** Moves time on, running what falls due in its order; also what those tasks set up on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#tasks].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#tasks.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.task();
    }
    this.#now = end;
  }
}
