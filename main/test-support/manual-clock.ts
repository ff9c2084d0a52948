import type { MainClock } from '../clock.ts';

/** Time that passes when the test says so. */
export interface ManualClock extends MainClock {
  /** Moves on, running what falls due on the way. */
  pass(ms: number): void;
  /** How many tasks wait. */
  readonly waiting: number;
}

export function manualClock(start = Date.parse('2026-11-22T10:00:00.000Z')): ManualClock {
  let now = start;
  const tasks = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    now: () => now,
    after: (ms, run) => {
      const task = { at: now + ms, run };
      tasks.add(task);
      return () => tasks.delete(task);
    },
    pass: (ms) => {
      const end = now + ms;
      for (;;) {
        const next = [...tasks].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        tasks.delete(next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
    get waiting() {
      return tasks.size;
    },
  };
}
