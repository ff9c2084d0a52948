import type { Found, MatchTail } from './finder.ts';
import type { TerminalText } from './terminal-text.ts';
import { DOTS, NOTHING } from './text-mask.ts';

const ESC = 0x1b;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with one.
const CONTROL_SEQUENCE = /\u001b(?:\[[ -?]*[@-~]|[ -/]*[0-~])/g;

/** What goes out of one stretch of bytes, from left to right. */
export class MaskedOutput {
  readonly #bytes: Buffer;
  readonly #view: TerminalText;
  readonly #parts: Buffer[] = [];
  #done: number;
  #index: number;
  #endsMasked: boolean;
  /** How many matches were masked. */
  matches = 0;

  /** `done` bytes went out before; `endsMasked` says that a mask was the last of it. */
  constructor(bytes: Buffer, view: TerminalText, done: number, endsMasked: boolean) {
    this.#bytes = bytes;
    this.#view = view;
    this.#done = done;
    this.#index = view.indexAt(done);
    this.#endsMasked = endsMasked;
  }

  /** Bytes that are dealt with. */
  get done(): number {
    return this.#done;
  }

  /** The first character that is not dealt with. */
  get index(): number {
    return this.#index;
  }

  get endsMasked(): boolean {
    return this.#endsMasked;
  }

  /** Gives out the text up to `index` as it is. */
  copyTo(index: number): void {
    const end = this.#view.offsetOf(index);
    if (end > this.#done) this.#parts.push(this.#bytes.subarray(this.#done, end));
    if (index > this.#index) this.#endsMasked = false;
    this.#advance(index, end);
  }

  /** Gives out all that is left, with what is not complete. */
  copyRest(): void {
    this.copyTo(this.#view.text.length);
    if (this.#done < this.#bytes.length) this.#parts.push(this.#bytes.subarray(this.#done));
    this.#done = this.#bytes.length;
  }

  /**
   * Gives out the mask of a match. Of one that began in what went out before, as another match or before it could
   * be known, the rest is hidden.
   */
  mask({ start, end, mask }: Found): void {
    if (end <= this.#index) return;
    this.matches += 1;
    if (start >= this.#index) {
      this.copyTo(start);
      this.#parts.push(mask(this.#view.text.subarray(start, end)));
    } else if (!this.#endsMasked && mask(NOTHING).length > 0) this.#parts.push(DOTS);
    this.#drop(end);
  }

  /** Leaves out what belongs to a match that goes on; says where it was found to go on to. */
  follow(tail: MatchTail, from: number): { readonly end: number; readonly over: boolean } {
    const reached = tail.follow(this.#view.text, from);
    if (reached.end > this.#index) this.#drop(reached.end);
    return reached;
  }

  /** Leaves out all that is left. */
  dropRest(): void {
    this.#drop(this.#view.text.length);
  }

  take(): Buffer {
    return this.#parts.length === 1 ? (this.#parts[0] ?? NOTHING) : Buffer.concat(this.#parts);
  }

  /** Leaves out the text up to `index`, but not the control sequences in it: the terminal's state stays right. */
  #drop(index: number): void {
    const end = index > 0 ? this.#view.offsetOf(index - 1) + 1 : 0;
    if (end > this.#done) {
      const hidden = this.#bytes.subarray(this.#done, end);
      if (this.#view.text !== this.#bytes && hidden.includes(ESC))
        this.#parts.push(
          Buffer.from(hidden.toString('latin1').match(CONTROL_SEQUENCE)?.join('') ?? '', 'latin1'),
        );
    }
    this.#endsMasked = true;
    this.#advance(index, end);
  }

  #advance(index: number, done: number): void {
    this.#index = Math.max(this.#index, index);
    this.#done = Math.max(this.#done, done);
  }
}
