import { AS_NULL, MOST_GROWTH, type ValueMask } from '../../../masking/mask.ts';
import { MalformedMessage } from '../codec/message-reader.ts';
import type { ResultMask } from './plan.ts';

/** Where the columns of a DataRow begin: type byte, length, number of columns. */
const HEADER = 7;

/**
 * Makes the row masks of a result.
 * @param masks by column, undefined where a column passes as it is. At least one is set.
 */
export function maskRows(
  masks: readonly (ValueMask | undefined)[],
): Required<Pick<ResultMask, 'maskRow' | 'grow'>> {
  const count = masks.length;
  const growth = masks.filter((mask) => mask !== undefined).length * MOST_GROWTH;
  const lastMasked = masks.findLastIndex((mask) => mask !== undefined);

  return {
    grow: (length) => length + growth,
    maskRow(frame, start, end, out, at) {
      if (end - start < HEADER || frame.readUInt16BE(start + 5) !== count) {
        throw new MalformedMessage('a DataRow that does not fit its RowDescription');
      }
      // Bytes of columns that pass are copied in one go up to the next masked one.
      let pending = start;
      let position = start + HEADER;
      let written = at;
      for (let column = 0; column <= lastMasked; column += 1) {
        if (position + 4 > end) throw new MalformedMessage('a DataRow that is cut off');
        const length = frame.readInt32BE(position);
        const value = position + 4;
        position = length < 0 ? value : value + length;
        if (position > end || length < -1)
          throw new MalformedMessage('a DataRow with a column longer than itself');
        const mask = masks[column];
        if (mask === undefined || length === -1) continue;
        written += frame.copy(out, written, pending, value - 4);
        const masked = mask(frame, value, position, out, written + 4);
        out.writeInt32BE(masked, written);
        written += masked === AS_NULL ? 4 : masked + 4;
        pending = position;
      }
      written += frame.copy(out, written, pending, end);
      out.writeUInt32BE(written - at - 1, at + 1);
      return written;
    },
  };
}
