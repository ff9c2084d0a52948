import { CommandReviewId, Timestamp } from '@drawbridge/contract';
import { z } from 'zod';

/**
 * What the gateway says while it holds what was sent, in the ParameterStatus `drawbridge.held`, to clients that asked
 * for it with the startup parameter `_pq_.drawbridge`. Empty once it is over.
 */
const HeldNote = z.object({
  id: CommandReviewId,
  /** What each requirement waits for, in words: `approval of dba`. */
  waitsFor: z.array(z.string().max(500)).max(50),
  /** When it fails if nobody has decided. */
  expiresAt: Timestamp,
  /** Whether the person may go ahead at once with a written reason. */
  breakable: z.boolean(),
});
export type HeldNote = z.infer<typeof HeldNote>;

/** Undefined where nothing is held, or what is said about it isn't understood: then a console only waits. */
export function readHeldNote(text: string): HeldNote | undefined {
  if (text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const note = HeldNote.safeParse(value);
  return note.success ? note.data : undefined;
}
