import type { Refusal, ResultMask, StatementPlan } from '../analysis/plan.ts';
import type { Conversation } from './conversation.ts';
import type { Described } from './names.ts';

/** Has results described by the analysis, and remembers for as long as nothing changed. */
export class Describer {
  readonly #conversation: Conversation;
  readonly #await: (work: Promise<unknown>) => void;
  #ready: Refusal | ResultMask | undefined;

  /** @param await_ holds the target's messages until the work is done. */
  constructor(conversation: Conversation, await_: (work: Promise<unknown>) => void) {
    this.#conversation = conversation;
    this.#await = await_;
  }

  /**
   * @param frame RowDescription at `source[start..end)`.
   * @param known what was made of the last one.
   * @returns undefined when it has to wait; the same call follows once the work is done.
   */
  describe(
    source: Buffer,
    start: number,
    end: number,
    plan: StatementPlan,
    formats: readonly number[] | undefined,
    known: Described | undefined,
  ): Described | undefined {
    const { analysis, generation } = this.#conversation;
    if (known !== undefined && known.generation === generation && sameFormats(known.formats, formats)) {
      if (known.frame === source || known.frame.compare(source, start, end) === 0) return known;
    }
    // Kept for later, so not a part of a chunk that would be kept with it.
    const frame = start === 0 && end === source.length ? source : Buffer.from(source.subarray(start, end));
    let outcome = this.#ready;
    this.#ready = undefined;
    if (outcome === undefined) {
      const planned = analysis.describe(frame, plan, formats);
      if (planned instanceof Promise) {
        this.#await(
          planned.then((result) => {
            this.#ready = result;
          }),
        );
        return undefined;
      }
      outcome = planned;
    }
    return { frame, formats, outcome, generation };
  }
}

export const isRefusal = (outcome: ResultMask | Refusal): outcome is Refusal => 'sqlstate' in outcome;

function sameFormats(one: readonly number[] | undefined, other: readonly number[] | undefined): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined || one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false;
  return true;
}
