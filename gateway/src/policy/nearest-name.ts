import { closest, distance } from 'fastest-levenshtein';

/** The nearest of several names, where one is near enough to be meant. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const nearest = names.length === 0 ? undefined : closest(written, names);
  return nearest !== undefined && isNear(written, nearest) ? nearest : undefined;
}

/** Whether one may be meant where the other is written: a third of it is mistyped, at most. */
export function isNear(written: string, meant: string): boolean {
  const most = Math.max(1, Math.floor(Math.max(written.length, meant.length) / 3));
  return written !== meant && distance(written.toLowerCase(), meant.toLowerCase()) <= most;
}
