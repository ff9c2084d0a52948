/** Time for the main process, replaceable in tests. Milliseconds. */
export interface MainClock {
  now(): number;
  /** Runs `task` once after `ms`; the answer calls it off. */
  after(ms: number, task: () => void): () => void;
}

/** The longest time a Node timer takes; beyond it it would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: MainClock = {
  now: () => Date.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, Math.min(Math.max(ms, 0), LONGEST_TIMER));
    return () => clearTimeout(timer);
  },
};

/** A time as the gateway writes it: RFC 3339, UTC. */
export const timestamp = (clock: Pick<MainClock, 'now'>): string => new Date(clock.now()).toISOString();
