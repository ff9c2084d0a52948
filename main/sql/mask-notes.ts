import { MaskKind } from '@drawbridge/contract';
import { z } from 'zod';

/**
 * What the gateway says about the next RowDescription in the ParameterStatus `drawbridge.masks`, to clients that
 * asked for it with the startup parameter `_pq_.drawbridge`.
 */
const MaskNotes = z.array(
  z.object({ index: z.int().nonnegative(), rule: z.string(), mask: MaskKind, column: z.string() }),
);
export type MaskNote = z.infer<typeof MaskNotes>[number];

/** By column index. What isn't understood is left out: the values are masked all the same, only unmarked. */
export function readMaskNotes(text: string): ReadonlyMap<number, MaskNote> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new Map();
  }
  const notes = MaskNotes.safeParse(value);
  return new Map(notes.success ? notes.data.map((note) => [note.index, note]) : []);
}
