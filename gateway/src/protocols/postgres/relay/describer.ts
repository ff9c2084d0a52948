import type { Refusal, ResultMask, StatementPlan } from '../analysis/plan.ts';
import { checkRowDescription } from '../codec/row-description.ts';
import type { Conversation } from './conversation.ts';
import type { Described, Portal } from './names.ts';
import type { Expected } from './reply-queue.ts';

/** Has results described by the analysis, and remembers for as long as nothing changed. */
export class Describer {
  readonly #conversation: Conversation;
  readonly #await: (work: Promise<unknown>) => void;
  #ready: Refusal | ResultMask | undefined;
  /** The last result of a simple query, and its plan: the same text often comes again. */
  #simple: Described | undefined;
  #simplePlan: StatementPlan | undefined;

  /** @param await_ holds the target's messages until the work is done. */
  constructor(conversation: Conversation, await_: (work: Promise<unknown>) => void) {
    this.#conversation = conversation;
    this.#await = await_;
  }

  /**
   * What a RowDescription in answer to `head` means.
   * @returns undefined when the message has to wait; the same call follows once the work is done.
   */
  describe(head: Expected, buffer: Buffer, start: number, end: number): Described | undefined {
    const { plan, prepared, portal } = head;
    if (plan === undefined) return undefined;
    if (prepared === undefined) {
      const known = this.#simplePlan === plan ? this.#simple : undefined;
      this.#simple = this.#plan(buffer, start, end, plan, undefined, known);
      this.#simplePlan = plan;
      return this.#simple;
    }
    const formats = head.kind === 'describe-portal' ? portal?.formats : undefined;
    const described = this.#plan(buffer, start, end, plan, formats, prepared.described);
    if (described === undefined) return undefined;
    prepared.described = described;
    if (head.kind === 'describe-portal' && portal !== undefined) portal.described = described;
    else prepared.rowDescription = described.frame;
    return described;
  }

  /** What a portal's rows mean, from what is known of the portal or its statement; undefined where nothing is. */
  describePortal(portal: Portal): Described | 'wait' | undefined {
    if (portal.described !== undefined) return portal.described;
    const { prepared, formats } = portal;
    const frame = prepared.rowDescription;
    if (frame === undefined) return undefined;
    const described = this.#plan(frame, 0, frame.length, prepared.plan, formats, prepared.described);
    if (described === undefined) return 'wait';
    prepared.described = described;
    portal.described = described;
    return described;
  }

  #plan(
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
    // Kept for later, so a copy: a part of a chunk would keep all of it alive.
    const frame = start === 0 && end === source.length ? source : Buffer.from(source.subarray(start, end));
    let outcome = this.#ready;
    this.#ready = undefined;
    if (outcome === undefined) {
      checkRowDescription(frame);
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
