import { ALPHANUMERIC, byteClass, isIn } from './byte-class.ts';
import { type Finder, type Found, moreThanFew, type TextMask } from './finder.ts';

const AT = 0x40;
const DOT = 0x2e;
const DASH = 0x2d;
/** RFC 5321, 4.5.3.1. */
const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 255;

/**
 * What mail providers give out. RFC 5322 allows more (`!#$&'*=/?^{|}~` and a backquote), which around an address
 * are most often not part of it: `user=alice@example.com`, `'alice@example.com'`.
 */
const OF_LOCAL = byteClass('A-Za-z0-9._%+-');
/** Before the first letter or digit these are punctuation. */
const NOT_FIRST = byteClass('.%+-');

/** Finds addresses as in `alice@example.com`; a domain needs a dot and ends in letters. */
export class EmailFinder implements Finder {
  readonly #mask: TextMask;

  constructor(mask: TextMask) {
    this.#mask = mask;
  }

  find(text: Buffer, from: number, ended: boolean, found: Found[]): number {
    let least = from;
    let at = text.indexOf(AT, from);
    while (at !== -1) {
      const start = localBefore(text, at, least);
      if (start < at) {
        const domain = domainAfter(text, at + 1);
        if (domain.reachesEnd && !ended) return start;
        if (domain.end !== undefined) {
          found.push({ start, end: domain.end, mask: this.#mask });
          least = domain.end;
        }
      }
      at = text.indexOf(AT, Math.max(at + 1, least));
    }
    return ended ? text.length : localBefore(text, text.length, least);
  }

  /** Any word that is typed could become an address; only with its `@` it looks like one. */
  holdsTyping(text: Buffer, hold: number): boolean {
    return moreThanFew(text, hold) && text.includes(AT, hold);
  }
}

/** Where the local part begins that ends at `end`, not before `least`; `end` where there is none. */
function localBefore(text: Buffer, end: number, least: number): number {
  const first = Math.max(least, end - LONGEST_LOCAL);
  let start = end;
  while (start > first) {
    const byte = text[start - 1] as number;
    if (byte < 0x80) {
      if (!isIn(OF_LOCAL, byte)) break;
      start -= 1;
      continue;
    }
    const lead = leadBefore(text, start, first);
    if (!isLetter(text, lead, start)) break;
    start = lead;
  }
  while (start < end && isIn(NOT_FIRST, text[start])) start += 1;
  return start;
}

/** The end of the longest domain that starts at `start`, and whether more text could change it. */
function domainAfter(text: Buffer, start: number): { end: number | undefined; reachesEnd: boolean } {
  const last = Math.min(text.length, start + LONGEST_DOMAIN);
  let end: number | undefined;
  let label = start;
  let dots = 0;
  let i = start;
  for (; i < last; ) {
    const byte = text[i] as number;
    if (byte === DOT) {
      if (i === label || text[i - 1] === DASH) return { end, reachesEnd: false };
      dots += 1;
      if (dots > 1 && isTopLevel(text, label, i)) end = i;
      label = i + 1;
      i += 1;
    } else if (byte === DASH) {
      if (i === label) return { end, reachesEnd: false };
      i += 1;
    } else if (byte >= 0x80) {
      const next = afterCharacter(text, i);
      if (next <= last && next - i > 0 && !isLetter(text, i, next)) break;
      i = Math.min(next, last);
    } else if (isIn(ALPHANUMERIC, byte)) i += 1;
    else break;
  }
  if (dots > 0 && isTopLevel(text, label, i)) end = i;
  return { end, reachesEnd: i === text.length };
}

/** Two or more characters, of which the last is a letter; `xn--` labels may end in digits. */
function isTopLevel(text: Buffer, start: number, end: number): boolean {
  if (end - start < 2 || text[end - 1] === DASH) return false;
  const label = text.toString('latin1', start, end).toLowerCase();
  return label.startsWith('xn--') || !/[0-9]/.test(label);
}

function leadBefore(text: Buffer, end: number, least: number): number {
  let i = end - 1;
  while (i > least && end - i < 4 && ((text[i] as number) & 0xc0) === 0x80) i -= 1;
  return i;
}

/** Where the character at `start`, which is beyond ASCII, ends. */
function afterCharacter(text: Buffer, start: number): number {
  let i = start + 1;
  while (i < text.length && i - start < 4 && ((text[i] as number) & 0xc0) === 0x80) i += 1;
  return i;
}

/** Whether these bytes are one letter, or the beginning of a character that more text completes. */
function isLetter(text: Buffer, start: number, end: number): boolean {
  const lead = text[start] as number;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length === 0) return false;
  if (end - start < length) return end === text.length;
  return end - start === length && /^[\p{L}\p{N}\p{M}]$/u.test(text.toString('utf8', start, end));
}
