import { MatcherInput, RE2JS } from 're2js';
import { type Finder, type Found, LONGEST_MATCH, moreThanFew, type TextMask } from './finder.ts';
import { partialPattern } from './partial-pattern.ts';

/** `^` and `$` are the ends of a line; of several ways to match the longest counts. */
export const PATTERN_FLAGS = RE2JS.MULTILINE | RE2JS.LONGEST_MATCH;
/** Bytes of one character: assertions look that far back. */
const LOOK_BEHIND = 4;

/** Finds what a data rule's own pattern matches, in time that grows with the text alone. */
export class PatternFinder implements Finder {
  readonly #pattern: RE2JS;
  readonly #partial: RE2JS;
  readonly #mask: TextMask;

  /** @throws RE2JSException where `checkTextPattern` finds something. */
  constructor(pattern: string, mask: TextMask) {
    this.#pattern = RE2JS.compile(pattern, PATTERN_FLAGS);
    this.#partial = RE2JS.compile(partialPattern(pattern), PATTERN_FLAGS);
    this.#mask = mask;
  }

  find(text: Buffer, from: number, ended: boolean, found: Found[]): number {
    const hold = this.#holdAfter(text, from, ended);
    if (from >= hold || !this.#pattern.test(text.subarray(Math.max(0, from - LOOK_BEHIND)))) return hold;
    const matcher = this.#pattern.matcher(MatcherInput.utf8(text));
    let at = from;
    while (at < hold && matcher.find(at) && matcher.start() < hold) {
      const start = matcher.start();
      const end = Math.min(matcher.end(), start + LONGEST_MATCH);
      if (end > start) found.push({ start, end, mask: this.#mask });
      at = Math.max(end, start + 1);
    }
    return at > hold ? this.#holdAfter(text, at, ended) : hold;
  }

  holdsTyping = moreThanFew;

  /** Where something starts, at or after `from`, that more text could make a match. */
  #holdAfter(text: Buffer, from: number, ended: boolean): number {
    if (ended || from >= text.length) return text.length;
    const matcher = this.#partial.matcher(MatcherInput.utf8(text));
    return matcher.find(Math.max(from, text.length - LONGEST_MATCH)) ? matcher.start() : text.length;
  }
}
