import { DIGIT, isIn, skip } from './byte-class.ts';
import { NONE, type Outcome, UNDECIDED } from './outcome.ts';

/** Bytes of `123-45-6789`. */
const LENGTH = 11;
const DASH = 0x2d;

/**
 * Where the US social security number ends whose first digit stands at `start`, where a run of digits begins:
 * area, group and serial number with dashes or blanks between. Areas 000, 666 and 9xx, group 00 and serial 0000
 * were never given out (SSA, *Randomization FAQ*).
 */
export function ssnAt(text: Buffer, start: number, ended: boolean): Outcome {
  if (text[start - 1] === DASH && isIn(DIGIT, text[start - 2])) return NONE;
  const areaEnd = skip(DIGIT, text, start);
  if (areaEnd - start > 3) return NONE;
  if (areaEnd === text.length) return ended ? NONE : UNDECIDED;
  const separator = text[areaEnd];
  if (areaEnd - start !== 3 || (separator !== DASH && separator !== 0x20)) return NONE;
  const groupEnd = skip(DIGIT, text, areaEnd + 1);
  if (groupEnd - areaEnd > 3) return NONE;
  if (groupEnd === text.length) return ended ? NONE : UNDECIDED;
  if (groupEnd - areaEnd !== 3 || text[groupEnd] !== separator) return NONE;
  const end = skip(DIGIT, text, groupEnd + 1);
  if (end - start > LENGTH) return NONE;
  if (end === text.length && !ended) return UNDECIDED;
  if (end - start !== LENGTH) return NONE;
  if (text[end] === DASH) {
    if (end + 1 === text.length && !ended) return UNDECIDED;
    if (isIn(DIGIT, text[end + 1])) return NONE;
  }
  return isPlausible(text.toString('latin1', start, end)) ? end : NONE;
}

const isPlausible = (ssn: string): boolean =>
  !/^(?:000|666|9)/.test(ssn) && ssn.slice(4, 6) !== '00' && !ssn.endsWith('0000');
