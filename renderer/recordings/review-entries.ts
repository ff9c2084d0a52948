import type { RecordingEvent } from '@drawbridge/contract';
import type { DecidedEntry, HeldEntry } from './timeline-entry.ts';

type ReviewEvent = Extract<RecordingEvent, { type: 'review' }>;

/** What was held in a session and what people decided, as lines of the timeline. */
export class ReviewEntries {
  readonly #held = new Map<string, HeldEntry>();

  add(event: ReviewEvent): HeldEntry | DecidedEntry {
    const { seq, at, review, state, text, parameters, groups = [], by = [], reason, brokenGlass } = event;
    if (state === 'pending') {
      const entry: HeldEntry = {
        kind: 'held',
        seq,
        at,
        review,
        text: text ?? '',
        parameters: parameters ?? [],
        groups,
      };
      this.#held.set(review, entry);
      return entry;
    }
    const of = this.#held.get(review);
    if (of !== undefined) of.waited = at - of.at;
    return {
      kind: 'decided',
      seq,
      at,
      review,
      of,
      state,
      by: by.map(({ displayName }) => displayName),
      ...(reason !== undefined && { reason }),
      brokenGlass: brokenGlass === true,
    };
  }
}
