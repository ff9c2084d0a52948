/** How playing passes over stretches in which nothing happened. */
export interface IdleSkip {
  readonly on: boolean;
  /** Milliseconds without anything that count as idle. */
  readonly over: number;
}

/** What is left of an idle stretch, in milliseconds: a breath before things go on. */
const LEFT = 600;

/** Index of the first time after `at`; the number of times where there is none. */
export function indexAfter(times: readonly number[], at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Where playing is after `passed` milliseconds.
 * @param times at which something happened, ascending, in milliseconds since the start.
 */
export function advance(
  at: number,
  passed: number,
  speed: number,
  times: readonly number[],
  idle: IdleSkip,
  end: number,
): number {
  let to = at + passed * speed;
  if (idle.on) {
    const next = times[indexAfter(times, at)] ?? end;
    if (next - at > idle.over && to < next - LEFT) to = next - LEFT;
  }
  return Math.min(to, end);
}

/** The time to step to, forwards or back. */
export function neighbour(at: number, times: readonly number[], direction: 1 | -1): number | undefined {
  // A little slack, so that stepping leaves the event it stands on.
  if (direction === 1) return times[indexAfter(times, at + 1)];
  const index = indexAfter(times, at - 1);
  // The times before it, none of which may be that of `at - 1` itself.
  const before = times[index - 1];
  return before !== undefined && before < at - 1 ? before : times[index - 2];
}

/** How much happened in each of `count` equal stretches, 0 to 1; logarithmic, since one stretch may hold a million rows. */
export function activity(
  times: readonly { readonly at: number; readonly weight: number }[],
  length: number,
  count: number,
): number[] {
  const sums = new Array<number>(count).fill(0);
  for (const { at, weight } of times) {
    const index = Math.min(count - 1, Math.floor((at / Math.max(1, length)) * count));
    sums[index] = (sums[index] ?? 0) + weight;
  }
  const most = Math.log1p(Math.max(1, ...sums));
  return sums.map((sum) => Math.log1p(sum) / most);
}
