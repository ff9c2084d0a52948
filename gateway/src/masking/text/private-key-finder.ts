import { byteClass, isIn } from './byte-class.ts';
import { type Finder, type Found, type MatchTail, moreThanFew, type TextMask } from './finder.ts';

const DASH = 0x2d;
const BEGIN = '-----BEGIN ';
const HEADER = /-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----/g;
/** What the text from some dash on must look like to become a header. */
const LABEL = /^[A-Z0-9 ]{0,40}-{0,4}$/;
const LONGEST_HEADER = BEGIN.length + 45;
const END = '-----END ';
const FOOTER = /^-----END [A-Z0-9 ]{0,40}-----/;
const LONGEST_FOOTER = END.length + 45;

/**
 * What stands between header and footer: base64, headers as in `DEK-Info: AES-128-CBC,00`, and what is around them
 * where the key is quoted in JSON or YAML. A prompt ends in none of these, so that a key that was cut off
 * (`head -1 id_rsa`) hides no more than what is printed up to the next prompt.
 */
const OF_KEY = byteClass('A-Za-z0-9+/=\\\\"\',:|.() \t\r\n\0-');
/** Kept of one line while it may still turn out to be no part of the key. */
const LONGEST_LINE = 256;

/** Finds private keys in PEM (RFC 7468) and OpenPGP armour; all from the header to the footer is hidden, however long. */
export class PrivateKeyFinder implements Finder {
  readonly #mask: TextMask;

  constructor(mask: TextMask) {
    this.#mask = mask;
  }

  find(text: Buffer, from: number, ended: boolean, found: Found[]): number {
    let at = from;
    for (;;) {
      at = text.indexOf(BEGIN, at, 'latin1');
      if (at === -1) break;
      HEADER.lastIndex = 0;
      const header = HEADER.exec(text.toString('latin1', at, at + LONGEST_HEADER));
      if (header?.index === 0) {
        const end = at + header[0].length;
        found.push({ start: at, end, mask: this.#mask, tail: new RestOfKey() });
        const { end: next, over } = new RestOfKey().follow(text, end);
        if (!over) return text.length;
        at = next;
      } else at += 1;
    }
    return ended ? text.length : headerAtEnd(text, from);
  }

  holdsTyping = moreThanFew;
}

/** Where a header may have begun near the end of the text. */
function headerAtEnd(text: Buffer, from: number): number {
  const first = Math.max(from, text.length - LONGEST_HEADER);
  for (let at = text.indexOf(DASH, first); at !== -1; at = text.indexOf(DASH, at + 1)) {
    const rest = text.toString('latin1', at);
    if (rest.length <= BEGIN.length ? BEGIN.startsWith(rest) : isHeaderSoFar(rest)) return at;
  }
  return text.length;
}

const isHeaderSoFar = (rest: string): boolean =>
  rest.startsWith(BEGIN) && LABEL.test(rest.slice(BEGIN.length));

class RestOfKey implements MatchTail {
  follow(text: Buffer, from: number): { end: number; over: boolean } {
    let line = from;
    for (let i = from; i < text.length; i += 1) {
      const byte = text[i] as number;
      if (!isIn(OF_KEY, byte)) return { end: line, over: true };
      if (byte === 0x0a || byte === 0x0d || i - line > LONGEST_LINE) line = i + 1;
      if (byte !== DASH) continue;
      const rest = text.toString('latin1', i, i + LONGEST_FOOTER);
      const footer = FOOTER.exec(rest);
      if (footer) return { end: i + footer[0].length, over: true };
      if (i + rest.length === text.length && isFooterSoFar(rest)) return { end: line, over: false };
    }
    return { end: line, over: false };
  }
}

const isFooterSoFar = (rest: string): boolean =>
  rest.length <= END.length
    ? END.startsWith(rest)
    : rest.startsWith(END) && LABEL.test(rest.slice(END.length));
