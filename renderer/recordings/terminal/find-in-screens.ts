import { PlainText } from './plain-text.ts';
import type { RecordedScreen } from './terminal-output.ts';

/** A moment at which wanted text was written. */
export interface Found {
  readonly channel: number;
  /** When its last character came, in milliseconds since the start. */
  readonly at: number;
}

/** Most that are told; more would not be looked through one by one. */
export const MOST_FOUND = 1000;
/** Bytes looked through before others get their turn. */
const SLICE = 1024 * 1024;

/**
 * Every moment at which text appeared, over all screens in order of time. Looks at what was written as it stood in
 * the stream, so that it finds what has been scrolled away or cleared; what a program put together by moving the
 * cursor is not one piece of text. Letters' case doesn't matter.
 */
export async function findInScreens(
  screens: readonly RecordedScreen[],
  wanted: string,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const needle = wanted.toLowerCase();
  if (needle === '') return [];
  const found: Found[] = [];
  let looked = 0;
  for (const screen of screens) {
    const plain = new PlainText();
    let kept = '';
    for (const piece of screen.pieces) {
      if (!('bytes' in piece)) continue;
      const text = kept + plain.push(piece.bytes).toLowerCase();
      let from = 0;
      for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, from)) {
        found.push({ channel: screen.channel, at: piece.at });
        from = at + needle.length;
      }
      // The beginning of a match that goes on in the next piece.
      kept = text.slice(Math.max(from, text.length - needle.length + 1));
      looked += piece.bytes.length;
      if (looked < SLICE) continue;
      looked = 0;
      await new Promise((resolve) => setTimeout(resolve));
      if (signal.aborted) return [];
    }
  }
  return found.sort((a, b) => a.at - b.at).slice(0, MOST_FOUND);
}
