/** Bytes that are of one match: `text[start..end)`. */
export interface Found {
  readonly start: number;
  readonly end: number;
  /** Which mask hides it. */
  readonly mask: TextMask;
  /** From where on it is found again, where that is before `start`. */
  readonly from?: number;
  /** Set where the match may go on past `end`: what follows and belongs to it is left out. */
  readonly tail?: MatchTail;
}

/** Writes what stands for a match; an empty buffer where nothing is to be seen. */
export type TextMask = (value: Buffer) => Buffer;

/** Tells how far a match that is too long to be kept goes on. */
export interface MatchTail {
  /** Bytes of `text` from `from` up to `end` belong to the match; `over` once it is known to be complete. */
  follow(text: Buffer, from: number): { readonly end: number; readonly over: boolean };
}

/** Looks for one kind of match, without a state of its own. */
export interface Finder {
  /**
   * Adds the matches in `text[from..]`, from left to right and without overlap, to `found`. What stands before
   * `from` is only looked at to see where a word begins. Returns the index from which on more text could make a
   * match or a longer one (`text.length` where it couldn't); nothing that starts there or later is added, unless
   * the text has `ended`.
   */
  find(text: Buffer, from: number, ended: boolean, found: Found[]): number;
  /** Whether text that starts at `hold`, is only a few letters and may just be somebody typing should be kept back. */
  holdsTyping(text: Buffer, hold: number): boolean;
}

/** Text this short says little, and is most often the echo of typing. */
const FEW = 3;
export const moreThanFew = (text: Buffer, hold: number): boolean => text.length - hold > FEW;

/** Nothing of a match is kept beyond this many bytes. */
export const LONGEST_MATCH = 4096;
