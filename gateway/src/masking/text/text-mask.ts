import type { MaskKind } from '@drawbridge/contract';
import { AS_NULL, createMask, MOST_GROWTH } from '../mask.ts';
import type { TextMask } from './finder.ts';

export const DOTS = Buffer.from('••••••');
export const NOTHING = Buffer.alloc(0);

/** The mask of a column (`createMask`) for what was found in text; `null` leaves nothing. */
export function createTextMask(kind: MaskKind, maskingKey: Uint8Array): TextMask {
  const mask = createMask(kind, { text: true, hashKey: maskingKey });
  return (value) => {
    const masked = Buffer.allocUnsafe(value.length + MOST_GROWTH);
    const length = mask(value, 0, value.length, masked, 0);
    return length === AS_NULL ? NOTHING : masked.subarray(0, length);
  };
}

/** For what can't be kept to be masked as a whole: hides everything, or leaves nothing where the kind is `null`. */
export const hideAll =
  (kind: MaskKind): TextMask =>
  () =>
    kind === 'null' ? NOTHING : DOTS;
