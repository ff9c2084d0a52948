/** Which bytes are in a class: 1 at each of them. */
export type ByteClass = Uint8Array;

/** The class of the characters of `members`; `a-z` is a range as in a regular expression, a dash stands last. ASCII only. */
export function byteClass(members: string): ByteClass {
  const table = new Uint8Array(256);
  for (let i = 0; i < members.length; i += 1) {
    const first = members.charCodeAt(i);
    const isRange = members[i + 1] === '-' && i + 2 < members.length;
    const last = isRange ? members.charCodeAt(i + 2) : first;
    table.fill(1, first, last + 1);
    if (isRange) i += 2;
  }
  return table;
}

export const isIn = (table: ByteClass, byte: number | undefined): boolean =>
  byte !== undefined && table[byte] === 1;

export const DIGIT = byteClass('0-9');
export const UPPER = byteClass('A-Z');
export const ALPHANUMERIC = byteClass('A-Za-z0-9');

/** Index of the first byte at or after `from` that is not in the class. */
export function skip(table: ByteClass, text: Buffer, from: number): number {
  let i = from;
  while (i < text.length && table[text[i] as number] === 1) i += 1;
  return i;
}

/** Index of the first byte at or after `from` that is in the class. */
export function seek(table: ByteClass, text: Buffer, from: number): number {
  let i = from;
  while (i < text.length && table[text[i] as number] === 0) i += 1;
  return i;
}
