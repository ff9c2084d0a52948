import { DIGIT, isIn, skip } from './byte-class.ts';
import { NONE, type Outcome, UNDECIDED } from './outcome.ts';

/** Digits of a payment card (ISO/IEC 7812-1). */
const LEAST = 13;
const MOST = 19;
/** Sizes of the groups that cards are printed in: 4-4-4-4, 4-6-5, 4-6-4, 4-4-4-4-3. */
const FIRST_GROUP = 4;
const MIDDLE_GROUP = { least: 4, most: 6 } as const;

/** Where the card number ends whose first digit stands at `start`, where a run of digits begins. */
export function cardAt(text: Buffer, start: number, ended: boolean): Outcome {
  if (!isMajorIndustry(text[start]) || isFraction(text, start)) return NONE;
  let end: Outcome = NONE;
  let digits = 0;
  let at = start;
  for (;;) {
    const groupEnd = skip(DIGIT, text, at);
    const size = groupEnd - at;
    digits += size;
    if (digits > MOST || (at > start && size > MIDDLE_GROUP.most)) return end;
    if (groupEnd === text.length && !ended) return UNDECIDED;
    if (digits >= LEAST && hasLuhnDigit(text, start, groupEnd)) end = groupEnd;
    if (at === start ? size !== FIRST_GROUP : size < MIDDLE_GROUP.least) return end;
    if (text[groupEnd] !== 0x20 && text[groupEnd] !== 0x2d) return end;
    at = groupEnd + 1;
    if (at === text.length && !ended) return UNDECIDED;
    if (!isIn(DIGIT, text[at])) return end;
  }
}

/** The first digit of all cards that people carry. Most numbers that look like cards begin with 1: times in milliseconds. */
const isMajorIndustry = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= 0x32 && byte <= 0x36;

/** The digits after a decimal point. */
const isFraction = (text: Buffer, start: number): boolean =>
  text[start - 1] === 0x2e && isIn(DIGIT, text[start - 2]);

function hasLuhnDigit(text: Buffer, start: number, end: number): boolean {
  let sum = 0;
  let twice = false;
  for (let i = end - 1; i >= start; i -= 1) {
    const digit = (text[i] as number) - 0x30;
    if (digit < 0 || digit > 9) continue;
    const weighed = twice ? digit * 2 : digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
    twice = !twice;
  }
  return sum % 10 === 0;
}
