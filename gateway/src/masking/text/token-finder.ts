import { ALPHANUMERIC, type ByteClass, byteClass, isIn, seek, skip } from './byte-class.ts';
import {
  type Finder,
  type Found,
  LONGEST_MATCH,
  type MatchTail,
  moreThanFew,
  type TextMask,
} from './finder.ts';
import { NONE, type Outcome, UNDECIDED } from './outcome.ts';
import { NOTHING } from './text-mask.ts';

/** How one vendor's tokens look: a prefix that nothing else has, then characters of a class. */
interface TokenForm {
  readonly prefix: string;
  readonly body: ByteClass;
  /** Characters after the prefix, at least. */
  readonly least: number;
  /** And at most, where what follows must then be no letter or digit. */
  readonly most?: number;
  /** What the body must have besides; no part of a body that lacks it may have it. */
  readonly shape?: RegExp;
  /** Character that the body begins with. */
  readonly first?: string;
  /** Set where the prefix also occurs inside words. */
  readonly startsWord?: true;
}

const WORD = byteClass('A-Za-z0-9_');
const URL_SAFE = byteClass('A-Za-z0-9_-');
const JWT = byteClass('A-Za-z0-9_.-');
const BEARER = byteClass('A-Za-z0-9._~+/=-');
const HAS_DIGIT = /[0-9]/;
const HAS_TWO_DOTS = /\.[^.]*\./;

const forms: readonly TokenForm[] = [
  ...['AKIA', 'ASIA'].map((prefix) => ({
    prefix,
    body: byteClass('A-Z0-9'),
    least: 16,
    most: 16,
    startsWord: true as const,
  })),
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => ({ prefix, body: ALPHANUMERIC, least: 36 })),
  { prefix: 'github_pat_', body: WORD, least: 22 },
  { prefix: 'glpat-', body: URL_SAFE, least: 20 },
  ...['xoxa-', 'xoxb-', 'xoxp-', 'xoxr-', 'xoxs-', 'xoxe-'].map((prefix) => ({
    prefix,
    body: byteClass('A-Za-z0-9-'),
    least: 10,
  })),
  ...['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_'].map((prefix) => ({
    prefix,
    body: ALPHANUMERIC,
    least: 10,
  })),
  { prefix: 'AIz', body: URL_SAFE, least: 36, first: 'a' },
  { prefix: 'npm_', body: ALPHANUMERIC, least: 36 },
  { prefix: 'sk-', body: URL_SAFE, least: 20, shape: HAS_DIGIT, startsWord: true },
  { prefix: 'eyJ', body: JWT, least: 20, shape: HAS_TWO_DOTS, startsWord: true },
];

/** `Authorization: Bearer …` (RFC 6750); the word stays, what follows is the token. */
const BEARER_WORD = Buffer.from('bearer ');
const BEARER_FORM: TokenForm = { prefix: '', body: BEARER, least: 16, shape: HAS_DIGIT };
const B = 0x62;
const E = 0x65;

/**
 * Forms by the last two characters of their prefix. The last is rare in text, so that the scan stops at few places,
 * and most of those have another before.
 */
const formsByEnd = new Map<number, TokenForm[]>();
const TRIGGER = new Uint8Array(256);
const PAIR = new Uint8Array(1 << 16);
for (const form of forms) {
  const { length } = form.prefix;
  const last = form.prefix.charCodeAt(length - 1);
  const end = (form.prefix.charCodeAt(length - 2) << 8) | last;
  formsByEnd.set(end, [...(formsByEnd.get(end) ?? []), form]);
  TRIGGER[last] = 1;
  PAIR[end] = 1;
}
TRIGGER[B] = 1;
TRIGGER[B & ~0x20] = 1;

/** Finds access tokens and keys by the prefixes that their vendors gave them. */
export class TokenFinder implements Finder {
  readonly #mask: TextMask;

  constructor(mask: TextMask) {
    this.#mask = mask;
  }

  find(text: Buffer, from: number, ended: boolean, found: Found[]): number {
    let least = from;
    let i = from;
    const shapeless = new Map<TokenForm, number>();
    for (;;) {
      i = seek(TRIGGER, text, i);
      if (i >= text.length) break;
      if (PAIR[endAt(text, i)] === 0 && !mayBeBearer(text, i)) {
        i += 1;
        continue;
      }
      const match = this.#matchAt(text, i, least, ended, shapeless);
      if (typeof match === 'number') {
        if (match !== NONE) return match;
        i += 1;
      } else {
        found.push(match);
        least = match.end;
        i = match.end;
      }
    }
    return ended ? text.length : prefixAtEnd(text, least);
  }

  holdsTyping = moreThanFew;

  /**
   * The match whose prefix ends at `i`; NONE; or, where only more text can tell, where it would start. `shapeless`
   * says up to where a form was looked for in vain, so that a row of prefixes is not gone over again for each.
   */
  #matchAt(
    text: Buffer,
    i: number,
    least: number,
    ended: boolean,
    shapeless: Map<TokenForm, number>,
  ): Found | number {
    for (const form of formsByEnd.get(endAt(text, i)) ?? []) {
      const start = i + 1 - form.prefix.length;
      if (start < least || i < (shapeless.get(form) ?? 0) || !hasPrefix(text, start, form)) continue;
      const end = bodyEnd(text, i + 1, form, ended);
      if (end === UNDECIDED) return start;
      if (end !== NONE) return this.#found(text, start, end, form);
      if (form.shape) shapeless.set(form, skip(form.body, text, i + 1));
    }
    return mayBeBearer(text, i) ? this.#bearerAt(text, i, ended) : NONE;
  }

  #bearerAt(text: Buffer, i: number, ended: boolean): Found | number {
    for (let at = 0; at < BEARER_WORD.length; at += 1) {
      if (i + at === text.length) return ended ? NONE : i;
      if (((text[i + at] as number) | 0x20) !== BEARER_WORD[at]) return NONE;
    }
    const start = i + BEARER_WORD.length;
    const end = bodyEnd(text, start, BEARER_FORM, ended);
    if (end === UNDECIDED) return i;
    return end === NONE ? NONE : { ...this.#found(text, start, end, BEARER_FORM), from: i };
  }

  #found(text: Buffer, start: number, end: number, { body, most }: TokenForm): Found {
    const isCut = end - start > LONGEST_MATCH;
    const mayGoOn = isCut || (end === text.length && most === undefined);
    return {
      start,
      end: isCut ? start + LONGEST_MATCH : end,
      mask: isCut ? () => this.#mask(NOTHING) : this.#mask,
      ...(mayGoOn && { tail: new RestOfToken(body) }),
    };
  }
}

class RestOfToken implements MatchTail {
  readonly #body: ByteClass;

  constructor(body: ByteClass) {
    this.#body = body;
  }

  follow(text: Buffer, from: number): { end: number; over: boolean } {
    const end = skip(this.#body, text, from);
    return { end, over: end < text.length };
  }
}

/** The character at `i` and the one before, as one number. */
const endAt = (text: Buffer, i: number): number => ((text[i - 1] ?? 0) << 8) | (text[i] as number);

/** Whether a word begins at `i` with `be`, or with a `b` that ends the text. */
const mayBeBearer = (text: Buffer, i: number): boolean =>
  ((text[i] as number) | 0x20) === B && ((text[i + 1] ?? E) | 0x20) === E && !isIn(ALPHANUMERIC, text[i - 1]);

function hasPrefix(text: Buffer, start: number, { prefix, startsWord, first }: TokenForm): boolean {
  const next = text[start + prefix.length];
  if (first !== undefined && next !== undefined && next !== first.charCodeAt(0)) return false;
  for (let k = prefix.length - 2; k >= 0; k -= 1) if (text[start + k] !== prefix.charCodeAt(k)) return false;
  return !startsWord || !isIn(ALPHANUMERIC, text[start - 1]);
}

function bodyEnd(
  text: Buffer,
  start: number,
  { body, least, most, shape }: TokenForm,
  ended: boolean,
): Outcome {
  const end = skip(body, text, start);
  if (end - start < least && (ended || end < text.length)) return NONE;
  if (most !== undefined && end - start > most) return NONE;
  if (end - start > LONGEST_MATCH) return end;
  if (end === text.length && !ended) return UNDECIDED;
  if (most !== undefined && isIn(ALPHANUMERIC, text[end])) return NONE;
  return shape && !shape.test(text.toString('latin1', start, end)) ? NONE : end;
}

/** Where a prefix may have begun at the very end of the text. */
function prefixAtEnd(text: Buffer, least: number): number {
  let hold = text.length;
  for (const { prefix, startsWord } of forms) {
    for (let length = prefix.length - 1; length > 0; length -= 1) {
      const start = text.length - length;
      if (start < least || start >= hold || (startsWord && isIn(ALPHANUMERIC, text[start - 1]))) continue;
      if (text.toString('latin1', start) === prefix.slice(0, length)) hold = start;
    }
  }
  return hold;
}
