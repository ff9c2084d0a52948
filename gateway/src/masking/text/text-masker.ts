import type { TextMaskingRule } from '../rule.ts';
import { createFinders } from './create-finders.ts';
import type { Finder, Found, MatchTail } from './finder.ts';
import { MaskedOutput } from './masked-output.ts';
import { plainText, type TerminalText, terminalText } from './terminal-text.ts';
import { NOTHING } from './text-mask.ts';

/** Longest that output may be kept back, in milliseconds. */
export const HOLD_LIMIT = 20;

/** Kept before what is still open, so that the beginning of a word shows. In characters. */
const CONTEXT = 8;
/** Kept of what is not decided yet, in bytes; beyond it control sequences only can be in the way. */
const LONGEST_KEPT = 64 * 1024;
const BLANK = 0x20;
/** Text that comes in so few characters is most often the echo of typing. */
const TYPED = 8;

/** Masks one stream of text as it comes. */
export interface TextMasker {
  /** Masked bytes ready to go out now; keeps back what may be the beginning of a match. */
  push(chunk: Uint8Array): Buffer;
  /**
   * Gives out what was kept back, when nothing follows (end of stream, or silence). A later continuation of what
   * was given out stays masked: what turns out to be the rest of a match is hidden.
   */
  flush(): Buffer;
  /** Whether something is kept back. */
  readonly holding: boolean;
  /** How many matches were masked since this was last asked. */
  takeMatches(): number;
}

export interface TextMaskerOptions {
  /** Whether the text is the output of a terminal: control sequences may stand anywhere in it, and typing is echoed. */
  readonly terminal?: boolean;
}

/**
 * A masker of what the rules find in text; undefined where there is nothing to mask. `maskingKey` is the key of
 * the mask `hash`, of the resource alone. docs/masking-text.md says what is found and what is not.
 */
export function createTextMasker(
  rules: readonly TextMaskingRule[],
  maskingKey: Uint8Array,
  { terminal = false }: TextMaskerOptions = {},
): TextMasker | undefined {
  return rules.length === 0 ? undefined : new StreamMasker(createFinders(rules, maskingKey), terminal);
}

class StreamMasker implements TextMasker {
  readonly #isTerminal: boolean;
  /** What looks for matches, each with how far it got: an index in the text of `#kept`. */
  readonly #seekers: { readonly finder: Finder; from: number }[];
  /** The end of what came: context, what was given out though it may begin a match, and what is kept back. */
  #kept: Buffer = NOTHING;
  /** Bytes of `#kept` that are dealt with. */
  #done = 0;
  /** Whether a mask is the last that went out. */
  #endsMasked = false;
  #matches = 0;
  /** The match that goes on in what follows, and from where in the text of `#kept`. */
  #open: { readonly tail: MatchTail; readonly from: number } | undefined;

  constructor(finders: readonly Finder[], isTerminal: boolean) {
    this.#seekers = finders.map((finder) => ({ finder, from: 0 }));
    this.#isTerminal = isTerminal;
  }

  get holding(): boolean {
    return this.#done < this.#kept.length;
  }

  takeMatches(): number {
    const matches = this.#matches;
    this.#matches = 0;
    return matches;
  }

  push(chunk: Uint8Array): Buffer {
    const output = this.#process(Buffer.concat([this.#kept, chunk]), false);
    if (this.#kept.length <= LONGEST_KEPT) return output;
    const rest = this.flush();
    this.#forget();
    return Buffer.concat([output, rest]);
  }

  flush(): Buffer {
    return this.holding ? this.#process(this.#kept, true) : NOTHING;
  }

  #process(bytes: Buffer, ended: boolean): Buffer {
    const view = this.#isTerminal ? terminalText(bytes) : plainText(bytes);
    const output = new MaskedOutput(bytes, view, this.#done, this.#endsMasked);
    const hold = this.#goOn(output) ? this.#maskMatches(view.text, output, ended) : this.#openFrom();
    if (ended) {
      if (this.#open) output.dropRest();
      output.copyRest();
    }
    this.#matches += output.matches;
    this.#keep(bytes, view, output, hold);
    return output.take();
  }

  /** Leaves out what goes on from before; whether anything can follow it. */
  #goOn(output: MaskedOutput): boolean {
    if (!this.#open) return true;
    this.#follow(this.#open.tail, this.#open.from, output);
    return !this.#open;
  }

  #follow(tail: MatchTail, from: number, output: MaskedOutput): void {
    const { end, over } = output.follow(tail, from);
    this.#open = over ? undefined : { tail, from: end };
    for (const each of this.#seekers) each.from = end;
  }

  /** Masks all that is certain, and returns from where on nothing is. */
  #maskMatches(text: Buffer, output: MaskedOutput, ended: boolean): number {
    const { found, hold, isMoreFound } = this.#seek(text, ended);
    for (const match of found) {
      output.mask(match);
      if (!match.tail || match.end < output.index) continue;
      this.#follow(match.tail, match.end, output);
      // What begins inside of it is no match: look again from its end.
      return this.#open ? this.#openFrom() : this.#maskMatches(text, output, ended);
    }
    if (ended) return this.#seek(text, false).hold;
    output.copyTo(!isMoreFound && this.#isTyping(text, output) ? text.length : hold);
    return hold;
  }

  /** The certain matches in their order, the longest first of those that start together. */
  #seek(
    text: Buffer,
    ended: boolean,
  ): { readonly found: readonly Found[]; readonly hold: number; readonly isMoreFound: boolean } {
    const each = this.#seekers.map((seeker) => {
      const found: Found[] = [];
      return {
        seeker,
        found,
        to: seeker.finder.find(text, Math.min(seeker.from, text.length), ended, found),
      };
    });
    const hold = Math.min(...each.map(({ to }) => to));
    const certain: Found[] = [];
    let isMoreFound = false;
    for (const { seeker, found, to } of each) {
      const next = found.findIndex(({ start }) => start >= hold);
      for (const match of next === -1 ? found : found.slice(0, next)) certain.push(match);
      isMoreFound ||= next !== -1;
      if (!ended) seeker.from = found[next]?.from ?? found[next]?.start ?? to;
    }
    return { found: certain.sort((a, b) => a.start - b.start || b.end - a.end), hold, isMoreFound };
  }

  #openFrom(): number {
    return this.#open?.from ?? 0;
  }

  /** Whether what would be kept back is only what somebody types, seen letter by letter. */
  #isTyping(text: Buffer, output: MaskedOutput): boolean {
    if (!this.#isTerminal || text.length - output.index > TYPED) return false;
    return this.#seekers.every(({ finder, from }) => from >= text.length || !finder.holdsTyping(text, from));
  }

  /** Keeps what is still open, with some characters before it. */
  #keep(bytes: Buffer, view: TerminalText, output: MaskedOutput, hold: number): void {
    const open = Math.min(hold, ...this.#seekers.map(({ from }) => from));
    const first = Math.max(0, open - CONTEXT);
    const base = Math.min(view.offsetOf(first), output.done);
    const dropped = view.indexAt(base);
    const settled = this.#isTerminal ? settledLength(view.text) : view.text.length;
    this.#kept = Buffer.from(bytes.subarray(base));
    this.#done = output.done - base;
    this.#endsMasked = output.endsMasked;
    for (const each of this.#seekers) each.from = Math.max(0, Math.min(each.from, settled) - dropped);
    if (this.#open) {
      const from = Math.max(0, Math.min(this.#open.from, settled) - dropped);
      this.#open = { tail: this.#open.tail, from };
    }
  }

  #forget(): void {
    this.#kept = NOTHING;
    this.#done = 0;
    for (const each of this.#seekers) each.from = 0;
    if (this.#open) this.#open = { tail: this.#open.tail, from: 0 };
  }
}

/** The last blank is no text where a carriage return follows it, see `terminalText`: what comes after it moves up. */
const settledLength = (text: Buffer): number => (text.at(-1) === BLANK ? text.length - 1 : text.length);
