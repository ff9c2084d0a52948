import type { CopyPieces } from './copy-formats.ts';

/** Milliseconds of work before the page may draw again. */
const SLICE = 10;

/**
 * Joins pieces into one text and gives way to the page in between.
 * @param most characters.
 * @returns undefined when it would become longer.
 */
export async function collectText(
  pieces: CopyPieces,
  most: number,
  now: () => number = () => performance.now(),
): Promise<string | undefined> {
  const parts: string[] = [];
  let length = 0;
  let since = now();
  for (const piece of pieces) {
    length += piece.length;
    if (length > most) return undefined;
    parts.push(piece);
    if (now() - since < SLICE) continue;
    await new Promise((resolve) => setTimeout(resolve));
    since = now();
  }
  return parts.join('');
}
