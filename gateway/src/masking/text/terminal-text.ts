const ESC = 0x1b;
/** `[` after an escape. */
const CSI = 0x5b;
const BLANK = 0x20;
const CR = 0x0d;
const LF = 0x0a;
/** Stands for a move of the cursor: what comes before and after is not next to each other. */
const BREAK = 0x00;
/** ECMA-48 sets no limit; longer than this is no control sequence that anything writes. */
const LONGEST_SEQUENCE = 64;

/** Final bytes of control sequences that leave the cursor where it is: colours, modes, erasing, reports. */
const STAYS = new Set([...'mKhlqncpJXtu'].map((final) => final.charCodeAt(0)));
const FORWARD = 'C'.charCodeAt(0);

/** What of a terminal's output is text, and where it stands among the bytes. */
export interface TerminalText {
  readonly text: Buffer;
  /** Index in the bytes of the character at `index`; of `text.length` where the text ends. */
  offsetOf(index: number): number;
  /** Index of the first character that stands at `offset` or later. */
  indexAt(offset: number): number;
  /** Length of the bytes without a control sequence at their end that is not complete. */
  readonly complete: number;
}

/** Bytes without control sequences. */
export const plainText = (bytes: Buffer): TerminalText => ({
  text: bytes,
  offsetOf: (index) => index,
  indexAt: (offset) => offset,
  complete: bytes.length,
});

/**
 * Takes control sequences (ECMA-48) out of a terminal's output, so that a number is found whatever colours are in
 * it. A move of the cursor separates; one to the right is a blank, as curses writes them. A blank and a carriage
 * return is how readline wraps a line, and is left out. The text of titles and links counts as text.
 */
export function terminalText(bytes: Buffer): TerminalText {
  if (!bytes.includes(ESC) && !hasWrap(bytes)) return plainText(bytes);
  return new Splitter(bytes).split();
}

function hasWrap(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(CR, 1); at !== -1; at = bytes.indexOf(CR, at + 1)) {
    if (bytes[at - 1] === BLANK && bytes[at + 1] !== LF) return true;
  }
  return false;
}

class Splitter {
  readonly #bytes: Buffer;
  readonly #text: Buffer;
  #length = 0;
  /** Stretches of text: where each begins in the text, and where in the bytes. */
  readonly #indices: number[] = [0];
  readonly #offsets: number[] = [0];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#text = Buffer.allocUnsafe(bytes.length);
  }

  split(): TerminalText {
    const bytes = this.#bytes;
    let complete = bytes.length;
    for (let i = 0; i < bytes.length; ) {
      const byte = bytes[i] as number;
      if (byte === ESC) {
        const end = sequenceEnd(bytes, i);
        if (end === undefined) {
          complete = i;
          break;
        }
        this.#sequence(i, end);
        i = end;
      } else if (byte === CR && bytes[i - 1] === BLANK && bytes[i + 1] !== LF) {
        this.#length -= 1;
        if (i + 1 === bytes.length) {
          complete = i - 1;
          break;
        }
        i += 1;
        this.#stretch(i);
      } else {
        this.#text[this.#length] = byte;
        this.#length += 1;
        i += 1;
      }
    }
    const text = this.#text.subarray(0, this.#length);
    return {
      text,
      complete,
      offsetOf: (index) => (index >= text.length ? complete : this.#offsetOf(index)),
      indexAt: (offset) => Math.min(text.length, this.#indexAt(offset)),
    };
  }

  /** Takes the control sequence from `start` to `end`, and begins a new stretch of text after it. */
  #sequence(start: number, end: number): void {
    const final = this.#bytes[end - 1] as number;
    const isControl = this.#bytes[start + 1] === CSI;
    if (isControl && final === FORWARD) this.#put(BLANK, start);
    else if (isControl ? !STAYS.has(final) : isBreaking(final)) this.#put(BREAK, start);
    this.#stretch(end);
  }

  #stretch(offset: number): void {
    this.#indices.push(this.#length);
    this.#offsets.push(offset);
  }

  #put(byte: number, offset: number): void {
    this.#stretch(offset);
    this.#text[this.#length] = byte;
    this.#length += 1;
  }

  #offsetOf(index: number): number {
    const stretch = lastAtMost(this.#indices, index);
    return (this.#offsets[stretch] ?? 0) + index - (this.#indices[stretch] ?? 0);
  }

  #indexAt(offset: number): number {
    const stretch = lastAtMost(this.#offsets, offset);
    const index = (this.#indices[stretch] ?? 0) + offset - (this.#offsets[stretch] ?? 0);
    return Math.min(index, this.#indices[stretch + 1] ?? index);
  }
}

/** Index of the last of the rising `values` that is at most `value`. */
function lastAtMost(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** Where the sequence that begins at `start` ends; undefined where it is not complete. */
function sequenceEnd(bytes: Buffer, start: number): number | undefined {
  const last = Math.min(bytes.length, start + LONGEST_SEQUENCE);
  let i = start + 1;
  if (bytes[i] === CSI) {
    i += 1;
    while (i < last && isBetween(bytes[i], 0x20, 0x3f)) i += 1;
  } else while (i < last && isBetween(bytes[i], 0x20, 0x2f)) i += 1;
  if (i < last) return isBetween(bytes[i], 0x30, 0x7e) ? i + 1 : start + 1;
  return last === bytes.length ? undefined : start + 1;
}

const isBetween = (byte: number | undefined, least: number, most: number): boolean =>
  byte !== undefined && byte >= least && byte <= most;

/** Strings (titles, links), moves and resets; what is left selects character sets and keypads. */
const isBreaking = (final: number): boolean => ']PX^_\\DEMHc78'.includes(String.fromCharCode(final));
