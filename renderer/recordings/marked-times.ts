import { type EntryMark, markOf, type TimelineEntry } from './timeline-entry.ts';

/** What somebody who looks through a recording wants to go to: more than what merely happened. */
const WORTH: ReadonlySet<EntryMark> = new Set(['held', 'glass', 'refused', 'error', 'masked']);

/** Times of what stands out, ascending, each once: marked entries, and where output was masked. */
export function markedTimes(
  entries: readonly TimelineEntry[],
  masked: readonly { readonly at: number }[],
): readonly number[] {
  const times = new Set(masked.map(({ at }) => at));
  for (const entry of entries) if (WORTH.has(markOf(entry))) times.add(entry.at);
  return [...times].sort((a, b) => a - b);
}

/** How many places on the line are told apart. */
const PLACES = 200;

/** Of moments that would lie on each other on the line, the first. */
export function thinned(moments: readonly { readonly at: number }[], length: number): readonly number[] {
  const places = new Map<number, number>();
  for (const { at } of moments) {
    const place = Math.floor((at / Math.max(1, length)) * PLACES);
    if (!places.has(place)) places.set(place, at);
  }
  return [...places.values()];
}
