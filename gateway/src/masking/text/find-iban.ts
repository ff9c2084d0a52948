import { ALPHANUMERIC, byteClass, DIGIT, isIn, UPPER } from './byte-class.ts';
import { NONE, type Outcome, UNDECIDED } from './outcome.ts';

const OF_IBAN = byteClass('A-Z0-9');
const BLANK = 0x20;
const GROUP = 4;

/** Characters of an IBAN in each country (ISO 13616, SWIFT's *IBAN Registry*). */
const LENGTHS = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 ' +
    'EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 ' +
    'KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 ' +
    'PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 ' +
    'UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((each) => [each.slice(0, 2), Number(each.slice(2))]),
);

/** Whether a country's code stands right before `digits`, as the beginning of a word. */
export const isCountryBefore = (text: Buffer, digits: number): boolean =>
  digits >= 2 &&
  isIn(UPPER, text[digits - 1]) &&
  isIn(UPPER, text[digits - 2]) &&
  !isIn(ALPHANUMERIC, text[digits - 3]);

/** Where the IBAN ends that starts at `start`, in one piece or in groups of four. */
export function ibanAt(text: Buffer, start: number, ended: boolean): Outcome {
  const length = LENGTHS.get(text.toString('latin1', start, start + 2));
  if (length === undefined) return NONE;
  let value = '';
  let isGrouped = false;
  for (let i = start; ; i += 1) {
    if (i === text.length) {
      if (!ended) return UNDECIDED;
      return value.length === length && isValid(value) ? i : NONE;
    }
    const byte = text[i] as number;
    if (value.length === length) return !isIn(ALPHANUMERIC, byte) && isValid(value) ? i : NONE;
    const isBetween = value.length > 0 && value.length % GROUP === 0 && text[i - 1] !== BLANK;
    if (byte === BLANK && isBetween && (isGrouped || value.length === GROUP)) {
      isGrouped = true;
      continue;
    }
    if (!isIn(OF_IBAN, byte) || (isGrouped && isBetween)) return NONE;
    if ((value.length === 2 || value.length === 3) && !isIn(DIGIT, byte)) return NONE;
    value += String.fromCharCode(byte);
  }
}

/** Where a country's code may stand at the very end of the text. */
export function countryAtEnd(text: Buffer, from: number): number {
  for (const letters of [2, 1]) {
    const start = text.length - letters;
    if (start < from || isIn(ALPHANUMERIC, text[start - 1])) continue;
    if (text.subarray(start).every((byte) => isIn(UPPER, byte))) return start;
  }
  return text.length;
}

/** ISO/IEC 7064, MOD 97-10: the first four characters moved to the end, letters as numbers from 10, leave 1. */
function isValid(iban: string): boolean {
  let rest = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const number = Number.parseInt(character, 36);
    rest = (rest * (number > 9 ? 100 : 10) + number) % 97;
  }
  return rest === 1;
}
