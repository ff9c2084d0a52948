import { printable } from './printable.ts';

/** Most names that are written out. */
const MOST = 4;

/** `a, b, c, d and 3 more`. */
export function nameList(names: readonly string[], none: string): string {
  if (names.length === 0) return none;
  const shown = names.slice(0, MOST).map(printable).join(', ');
  return names.length > MOST ? `${shown} and ${names.length - MOST} more` : shown;
}
