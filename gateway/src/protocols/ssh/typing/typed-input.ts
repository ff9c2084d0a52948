import type { RecordingEntry } from '../../../recording/recorder.ts';
import { controlSequenceEnd, withoutControlSequences } from './control-sequence.ts';
import { isEnter, isPrintable, matchEcho } from './match-echo.ts';
import { VisibleOutput } from './visible-output.ts';

const ESC = 0x1b;
/** Most that is kept in the hope of an echo, in bytes. */
const LONGEST_WAIT = 64 * 1024;
/** Most events of one chunk: what is pasted beyond is withheld as one. */
const MOST_EVENTS = 128;

/**
 * Decides what of a terminal's input may be recorded. Whether the target shows what is typed is its own affair and
 * not to be seen from outside, so that a letter is recorded once the output shows it, and never before. Keys that
 * are no letters (Enter, arrows, Ctrl-C) are no secrets and are recorded at once.
 */
export class TypedInput {
  readonly #channel: number;
  readonly #visible = new VisibleOutput();
  /** Typed and not shown yet, with the control keys between. */
  #waiting: Buffer = Buffer.alloc(0);
  /** Whether something was typed on this line that was not shown. */
  #isHidden = false;

  constructor(channel: number) {
    this.#channel = channel;
  }

  /** The events of a chunk of input, to be recorded before it is forwarded. */
  input(chunk: Buffer): RecordingEntry[] {
    const entries: RecordingEntry[] = [];
    for (let at = 0; at < chunk.length; ) {
      const { end, isSecret } = entries.length < MOST_EVENTS - 1 ? this.#partAt(chunk, at) : wholeRest(chunk);
      const part = chunk.subarray(at, end);
      this.#wait(part, isSecret);
      entries.push(
        isSecret
          ? { event: { type: 'input', channel: this.#channel, withheld: part.length } }
          : { event: { type: 'input', channel: this.#channel }, payload: part },
      );
      at = end;
    }
    return entries;
  }

  /** Follows what reaches the client; the events are of input that it shows. */
  output(chunk: Buffer): RecordingEntry[] {
    const { text, hasSequences } = this.#visible.push(chunk);
    if (this.#waiting.length === 0 || text.length === 0) return [];
    const { shown, rest } = matchEcho(this.#waiting, text, hasSequences);
    this.#waiting = Buffer.from(rest);
    if (shown.length === 0) return [];
    this.#isHidden = this.#waiting.some(isPrintable);
    return [{ event: { type: 'input', channel: this.#channel, echoed: true }, payload: shown }];
  }

  /** The longest part from `start` on that is recorded, or withheld, as one. */
  #partAt(chunk: Buffer, start: number): { end: number; isSecret: boolean } {
    const first = this.#keyAt(chunk, start);
    let end = first.end;
    let isHidden = this.#isHidden || first.isSecret;
    while (end < chunk.length) {
      if (isEnter(chunk[end - 1])) isHidden = false;
      const next = this.#keyAt(chunk, end, isHidden);
      if (next.isSecret !== first.isSecret) break;
      end = next.end;
    }
    return { end, isSecret: first.isSecret };
  }

  /** One key. Sequences of a hidden line are withheld too: they hold letters. */
  #keyAt(chunk: Buffer, at: number, isHidden = this.#isHidden): { end: number; isSecret: boolean } {
    const byte = chunk[at] as number;
    if (byte !== ESC) return { end: at + 1, isSecret: isPrintable(byte) };
    const end = controlSequenceEnd(chunk, at) ?? chunk.length;
    return { end, isSecret: isHidden && end > at + 1 };
  }

  /** Notes what the output may show of this. */
  #wait(part: Buffer, isSecret: boolean): void {
    if (isSecret) this.#isHidden = true;
    else if (part.some(isEnter)) this.#isHidden = false;
    const { text } = withoutControlSequences(part);
    if (!isSecret && this.#waiting.length === 0) return;
    const isTooMuch = this.#waiting.length + text.length > LONGEST_WAIT;
    this.#waiting = isTooMuch ? Buffer.alloc(0) : Buffer.concat([this.#waiting, text]);
  }
}

const wholeRest = (chunk: Buffer) => ({ end: chunk.length, isSecret: true });
