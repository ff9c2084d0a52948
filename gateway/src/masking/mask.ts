import { createHmac } from 'node:crypto';
import type { MaskKind } from '@drawbridge/contract';

/** What a mask gives for NULL: the value is to be sent as NULL. */
export const AS_NULL = -1;

/**
 * Masks one value: reads `from[start..end)`, writes into `to` at `at` and returns how many bytes it wrote, or
 * `AS_NULL`. `to` needs `MOST_GROWTH` bytes more than the value has. Never throws on any bytes.
 */
export type ValueMask = (from: Buffer, start: number, end: number, to: Buffer, at: number) => number;

/** A masked value is at most this many bytes longer than the value itself. */
export const MOST_GROWTH = 96;

const DOT = Buffer.from('•');
const DOTS = Buffer.from('••••••');

/** Values with fewer characters show none of them: four of seven would be most of it. */
const SHORTEST_WITH_LAST4 = 8;
/** Digits of a payment card (ISO/IEC 7812-1), and the longest way to write them. */
const CARD_DIGITS = { least: 13, most: 19 } as const;
const LONGEST_CARD_TEXT = 23;

export interface MaskOptions {
  /**
   * Whether the value is text in UTF-8. Of any other type (numbers, dates, uuid, json, arrays, bytea) there is
   * no value that both is of the type and says "hidden", so every mask gives NULL.
   */
  readonly text: boolean;
  /** Key of `hash`, of this resource alone. Without one `hash` hides everything. */
  readonly hashKey?: Uint8Array;
}

/** The mask of a column. `full` hides all, `last4` keeps four characters, `email` the domain, `hash` equality. */
export function createMask(kind: MaskKind, { text, hashKey }: MaskOptions): ValueMask {
  if (!text) return asNull;
  switch (kind) {
    case 'null':
      return asNull;
    case 'full':
      return full;
    case 'last4':
      return last4;
    case 'email':
      return email;
    case 'hash':
      return hashKey ? hash(Buffer.from(hashKey)) : full;
    default:
      kind satisfies never;
      return asNull;
  }
}

const asNull: ValueMask = () => AS_NULL;

const full: ValueMask = (_from, _start, _end, to, at) => DOTS.copy(to, at);

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/**
 * Six dots and the last four characters; cards keep their form: `•••• •••• •••• 4417`. Trailing blanks don't
 * count, since `character(n)` pads with them.
 */
const last4: ValueMask = (from, start, end, to, at) => {
  let last = end;
  while (last > start && from[last - 1] === 0x20) last -= 1;
  if (isCard(from, start, last)) return card(from, start, last, to, at);
  let characters = 0;
  let tail = last;
  for (let i = last - 1; i >= start && characters < SHORTEST_WITH_LAST4; i -= 1) {
    if (isContinuation(from[i])) continue;
    characters += 1;
    if (characters === 4) tail = i;
  }
  const length = DOTS.copy(to, at);
  if (characters < SHORTEST_WITH_LAST4) return length;
  return length + from.copy(to, at + length, tail, last);
};

/** Nothing but digits and single blanks or dashes between them, as many digits as cards have. */
const isCard = (from: Buffer, start: number, end: number): boolean => {
  if (end - start > LONGEST_CARD_TEXT || end - start < CARD_DIGITS.least) return false;
  let digits = 0;
  for (let i = start; i < end; i += 1) {
    if (isDigit(from[i])) digits += 1;
    else if ((from[i] !== 0x20 && from[i] !== 0x2d) || !isDigit(from[i - 1]) || i === start) return false;
  }
  return digits >= CARD_DIGITS.least && digits <= CARD_DIGITS.most;
};

const card: ValueMask = (from, start, end, to, at) => {
  let shown = 0;
  let first = end;
  while (shown < 4) {
    first -= 1;
    if (isDigit(from[first])) shown += 1;
  }
  let position = at;
  for (let i = start; i < end; i += 1) {
    const byte = from[i] ?? 0;
    if (i < first && isDigit(byte)) position += DOT.copy(to, position);
    else position = to.writeUInt8(byte, position);
  }
  return position - at;
};

/** `••••••@domain`. What follows the last `@` must look like a domain, or nothing is shown. */
const email: ValueMask = (from, start, end, to, at) => {
  let last = end;
  while (last > start && from[last - 1] === 0x20) last -= 1;
  let sign = last - 1;
  while (sign >= start && isOfDomain(from[sign])) sign -= 1;
  const length = DOTS.copy(to, at);
  if (sign < start || from[sign] !== 0x40 || sign + 1 >= last) return length;
  return length + from.copy(to, at + length, sign, last);
};

/** Letters, digits, dot, dash; bytes beyond ASCII for internationalised names. */
const isOfDomain = (byte: number | undefined): boolean =>
  byte !== undefined &&
  (isDigit(byte) ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte >= 0x80 ||
    ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a));

/** Hexadecimal digits of a hash: 80 bits, so that different values practically never share one. */
const HASH_LENGTH = 20;

const hash =
  (key: Buffer): ValueMask =>
  (from, start, end, to, at) =>
    to.write(
      createHmac('sha256', key).update(from.subarray(start, end)).digest('hex').slice(0, HASH_LENGTH),
      at,
      'latin1',
    );
