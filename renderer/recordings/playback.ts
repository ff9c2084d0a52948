/** Milliseconds without an event that count as idle, and what is left of them when idle time is skipped. */
const IDLE = 2_000;
const LEFT = 600;

/**
 * Where playing is after `passed` milliseconds.
 * @param times of the events, ascending, in milliseconds since the start.
 */
export function advance(
  at: number,
  passed: number,
  speed: number,
  times: readonly number[],
  skipIdle: boolean,
  end: number,
): number {
  let to = at + passed * speed;
  if (skipIdle) {
    const next = times.find((time) => time > at) ?? end;
    if (next - at > IDLE && to < next - LEFT) to = next - LEFT;
  }
  return Math.min(to, end);
}

/** The event to step to, forwards or back. */
export function neighbour(at: number, times: readonly number[], direction: 1 | -1): number | undefined {
  // A little slack, so that stepping leaves the event it stands on.
  return direction === 1 ? times.find((time) => time > at + 1) : times.findLast((time) => time < at - 1);
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
