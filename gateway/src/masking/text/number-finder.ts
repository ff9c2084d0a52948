import { DIGIT, isIn, seek, skip } from './byte-class.ts';
import { cardAt } from './find-card.ts';
import { countryAtEnd, ibanAt, isCountryBefore } from './find-iban.ts';
import { ssnAt } from './find-ssn.ts';
import { type Finder, type Found, moreThanFew, type TextMask } from './finder.ts';
import { NONE, UNDECIDED } from './outcome.ts';

const LEAST_OF_CARD = 13;

export interface NumberMasks {
  readonly card: TextMask | undefined;
  readonly ssn: TextMask | undefined;
  readonly iban: TextMask | undefined;
}

/** Finds cards, social security numbers and IBANs in one pass, as all of them show by their digits. */
export class NumberFinder implements Finder {
  readonly #masks: NumberMasks;

  constructor(masks: NumberMasks) {
    this.#masks = masks;
  }

  find(text: Buffer, from: number, ended: boolean, found: Found[]): number {
    const { iban } = this.#masks;
    let i = isIn(DIGIT, text[from - 1]) ? skip(DIGIT, text, from) : from;
    for (;;) {
      i = seek(DIGIT, text, i);
      if (i >= text.length) break;
      const end = skip(DIGIT, text, i);
      const isOfIban = iban !== undefined && i - 2 >= from && isCountryBefore(text, i);
      if (!isOfIban && end < text.length && !isCandidate(end - i, text[end])) {
        i = end;
        continue;
      }
      const match = this.#matchAt(text, i, isOfIban, ended);
      if (typeof match === 'number') {
        if (match !== NONE) return match;
        i = end;
      } else {
        found.push(match);
        i = match.end;
      }
    }
    return ended || !this.#masks.iban ? text.length : countryAtEnd(text, from);
  }

  holdsTyping = moreThanFew;

  /** The match of the run of digits at `i`; NONE; or, where only more text can tell, where it would start. */
  #matchAt(text: Buffer, i: number, isOfIban: boolean, ended: boolean): Found | number {
    const { card, ssn, iban } = this.#masks;
    if (iban && isOfIban) {
      const end = ibanAt(text, i - 2, ended);
      if (end === UNDECIDED) return i - 2;
      if (end !== NONE) return { start: i - 2, end, mask: iban };
    }
    const cardEnd = card ? cardAt(text, i, ended) : NONE;
    if (cardEnd === UNDECIDED) return i;
    if (card && cardEnd !== NONE) return { start: i, end: cardEnd, mask: card };
    const ssnEnd = ssn ? ssnAt(text, i, ended) : NONE;
    if (ssnEnd === UNDECIDED) return i;
    if (ssn && ssnEnd !== NONE) return { start: i, end: ssnEnd, mask: ssn };
    return NONE;
  }
}

/** Whether a complete run of so many digits, with `next` after it, can begin a card or a social security number. */
const isCandidate = (digits: number, next: number | undefined): boolean =>
  digits >= LEAST_OF_CARD || ((digits === 3 || digits === 4) && (next === 0x20 || next === 0x2d));
