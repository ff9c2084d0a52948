const ESC = 0x1b;
const BEL = 0x07;
/** Longer than this is nothing that a terminal understands. */
const LONGEST = 1024;

/**
 * Where the control sequence (ECMA-48) that begins at `start` with an escape ends; undefined where the bytes end
 * before. Strings (titles, links) count with their text. What is no sequence is the escape alone.
 */
export function controlSequenceEnd(bytes: Buffer, start: number): number | undefined {
  const last = Math.min(bytes.length, start + LONGEST);
  const open = last === bytes.length ? undefined : start + 1;
  const kind = bytes[start + 1];
  if (kind === undefined) return undefined;
  if (kind === 0x5b) return finalAfter(bytes, start + 2, last, 0x20, 0x3f) ?? open;
  if (kind === 0x4f) return start + 3 <= bytes.length ? start + 3 : undefined;
  if ([0x5d, 0x50, 0x58, 0x5e, 0x5f].includes(kind)) {
    for (let i = start + 2; i < last; i += 1) {
      if (bytes[i] === BEL) return i + 1;
      if (bytes[i] === ESC && bytes[i + 1] === 0x5c) return i + 2;
    }
    return open;
  }
  return finalAfter(bytes, start + 1, last, 0x20, 0x2f) ?? open;
}

/** After the first byte from `start` on that is not between `least` and `most`. */
function finalAfter(
  bytes: Buffer,
  start: number,
  last: number,
  least: number,
  most: number,
): number | undefined {
  for (let i = start; i < last; i += 1) {
    const byte = bytes[i] as number;
    if (byte < least || byte > most) return byte >= 0x20 ? i + 1 : i;
  }
  return undefined;
}

/** The bytes that stand outside of control sequences; `begun` is where one starts that the bytes end in. */
export function withoutControlSequences(bytes: Buffer): { readonly text: Buffer; readonly begun: number } {
  const parts: Buffer[] = [];
  let at = 0;
  for (let next = bytes.indexOf(ESC); next !== -1; next = bytes.indexOf(ESC, at)) {
    parts.push(bytes.subarray(at, next));
    const end = controlSequenceEnd(bytes, next);
    if (end === undefined) return { text: Buffer.concat(parts), begun: next };
    at = end;
  }
  const text = at === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(at)]);
  return { text, begun: bytes.length };
}
