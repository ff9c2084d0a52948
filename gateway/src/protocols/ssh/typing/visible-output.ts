import { withoutControlSequences } from './control-sequence.ts';

/** Takes the control sequences out of a terminal's output as it comes. */
export class VisibleOutput {
  /** A sequence that is not complete. */
  #begun: Buffer = Buffer.alloc(0);

  /** What of the chunk is text, and whether there was more. */
  push(chunk: Buffer): { readonly text: Buffer; readonly hasSequences: boolean } {
    const bytes = this.#begun.length > 0 ? Buffer.concat([this.#begun, chunk]) : chunk;
    const { text, begun } = withoutControlSequences(bytes);
    this.#begun = Buffer.from(bytes.subarray(begun));
    return { text, hasSequences: text.length < bytes.length };
  }
}
