const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Waits after the first, second, … attempt that failed, in ms: about a day in all. */
const WAITS = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  8 * HOUR,
];
/** The longest that a receiver's own wish puts off the next attempt, in ms. */
const LONGEST_WISH = HOUR;

/**
 * How long to wait after so many attempts, in ms: longer each time, and scattered by a fifth either way, so that what
 * failed together does not come back together. Undefined: enough.
 * @param random 0 to 1
 * @param wish what the receiver asks for (`Retry-After`), in ms
 */
export function waitAfter(attempts: number, random: number, wish = 0): number | undefined {
  const wait = WAITS[attempts - 1];
  if (wait === undefined) return undefined;
  return Math.max(Math.round(wait * (0.8 + 0.4 * random)), Math.min(wish, LONGEST_WISH));
}
