import { useCallback, useSyncExternalStore } from 'react';

type Step = 'second' | 'minute';
const milliseconds = { second: 1000, minute: 60_000 } as const;

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** The one ticking source of the page: runs while something on screen shows a time. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const notify of listeners) notify();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Now, in milliseconds, rendered anew only when the step's count changes. Rings take seconds, text minutes. */
export function useNow(step: Step = 'second'): number {
  const size = milliseconds[step];
  const snapshot = useCallback(() => Math.floor(Date.now() / size), [size]);
  const count = useSyncExternalStore(subscribe, snapshot);
  // Inside a minute the exact time still matters to whoever counts from a timestamp.
  return step === 'second' ? count * 1000 : Math.max(count * size, Date.now());
}
