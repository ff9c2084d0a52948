/** Time as the gateway sees it; handed in, so that tests move it instead of waiting. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` once, `ms` from now at the earliest; the result takes it back. Does not keep the process alive. */
  after(ms: number, task: () => void): () => void;
}

/** The longest delay a Node timer takes, in ms; longer ones fire at once, so they are waited for in steps. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const due = Date.now() + ms;
    let timer: NodeJS.Timeout;
    const arm = () => {
      const rest = Math.max(0, due - Date.now());
      timer = setTimeout(() => (rest > LONGEST_TIMER ? arm() : task()), Math.min(rest, LONGEST_TIMER));
      timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
};
