const BACKSPACE = 0x08;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;
const DELETE = 0x7f;
const CARET = 0x5e;

export const isPrintable = (byte: number): boolean => byte >= BLANK && byte !== DELETE;
export const isEnter = (byte: number | undefined): boolean => byte === CR || byte === LF;

export interface Echo {
  /** Printable bytes of what was typed that are shown. */
  readonly shown: Buffer;
  /** What was typed and may still be shown. */
  readonly rest: Buffer;
}

/**
 * What of `typed` the `output` after it echoes. Where the output is something else, nothing of `typed` is waited for
 * any longer: a password must not be taken for echoed because its letters come up later. For the same reason a
 * line that was completed is shown as a whole or not at all, and what follows an echo must be what an editor of
 * lines writes there.
 *
 * @param output without control sequences
 * @param hasSequences whether it had some
 */
export function matchEcho(typed: Buffer, output: Buffer, hasSequences: boolean): Echo {
  const shown: number[] = [];
  /** How much of `shown` is certain: up to the end of a line. */
  let whole = 0;
  let at = redrawnBefore(output);
  let i = 0;
  for (; i < typed.length && at < output.length; i += 1) {
    const byte = typed[i] as number;
    if (byte === TAB) return { shown: Buffer.from(shown), rest: NONE };
    if (!isPrintable(byte)) {
      const length = controlEcho(byte, output, at);
      if (isEnter(byte)) {
        if (length === 0) return { shown: Buffer.from(shown.slice(0, whole)), rest: NONE };
        whole = shown.length;
      }
      at += length;
      continue;
    }
    if (isWrap(output, at)) at += 2;
    if (output[at] !== byte) {
      const isCompleted = typed.subarray(i).some(isEnter);
      const isEdited = !isCompleted && isRedraw(output, at, hasSequences);
      return { shown: Buffer.from(isEdited ? shown : shown.slice(0, whole)), rest: NONE };
    }
    shown.push(byte);
    at += 1;
  }
  const isEcho =
    at >= output.length || whole > 0 || isEnter(output[at]) || isRedraw(output, at, hasSequences);
  return isEcho ? { shown: Buffer.from(shown), rest: typed.subarray(i) } : { shown: NONE, rest: NONE };
}

const NONE = Buffer.alloc(0);

/** Editors that colour a word as it grows go back over it first: `\b\bls` shows `s`. */
function redrawnBefore(output: Buffer): number {
  let back = 0;
  while (output[back] === BACKSPACE) back += 1;
  if (back === 0 || output[back] === BLANK) return 0;
  return Math.min(back * 2, output.length);
}

/** What an editor writes after a letter inside of a line: the rest of it, and back. */
const isRedraw = (output: Buffer, at: number, hasSequences: boolean): boolean =>
  at < output.length && (hasSequences || output[output.length - 1] === BACKSPACE);

/** Where a line gets wider than the terminal, readline writes a blank and a carriage return. */
const isWrap = (output: Buffer, at: number): boolean =>
  output[at] === BLANK && output[at + 1] === CR && output[at + 2] !== LF;

/** Bytes of the echo of a control key at `at`; 0 where it has none. */
function controlEcho(byte: number, output: Buffer, at: number): number {
  if (isEnter(byte)) return output[at] === CR && output[at + 1] === LF ? 2 : isEnter(output[at]) ? 1 : 0;
  if (byte === DELETE || byte === BACKSPACE) {
    if (output[at] !== BACKSPACE) return 0;
    return output[at + 1] === BLANK && output[at + 2] === BACKSPACE ? 3 : 1;
  }
  return output[at] === CARET && output[at + 1] === (byte ^ 0x40) ? 2 : 0;
}
