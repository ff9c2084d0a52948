import type { Refusal, StatementPlan } from '../analysis/plan.ts';
import type { Portal, Prepared } from './names.ts';

/** Client messages that the target answers. */
export type ReplyKind =
  | 'parse'
  | 'bind'
  | 'describe-statement'
  | 'describe-portal'
  | 'execute'
  | 'close-statement'
  | 'close-portal'
  | 'sync'
  | 'query';

/** A client message whose answer is still to come. The objects are reused: nobody keeps one. */
export interface Expected {
  kind: ReplyKind;
  /** Place in the conversation; goes up by one for each message. */
  sequence: number;
  plan: StatementPlan | undefined;
  /** Number in the recording; 0 where the message belongs to no statement. */
  statement: number;
  prepared: Prepared | undefined;
  portal: Portal | undefined;
  /** The name that Close took away. */
  name: string;
  /** What the name meant before, to be put back on failure. */
  before: Prepared | Portal | undefined;
  /** Set where something was sent that fails in place of the client's message: the error to show for it. */
  refusal: Refusal | undefined;
  /** Asked by the gateway itself: the client hears nothing of the answer. */
  hidden: boolean;
}

const blank = (): Expected => ({
  kind: 'sync',
  sequence: 0,
  plan: undefined,
  statement: 0,
  prepared: undefined,
  portal: undefined,
  name: '',
  before: undefined,
  refusal: undefined,
  hidden: false,
});

/** The client's messages that still wait for an answer, in order: the target answers strictly in this order. */
export class ReplyQueue {
  #ring: Expected[] = Array.from({ length: 32 }, blank);
  #first = 0;
  #size = 0;
  #sequence = 0;
  #runs = 0;

  get size(): number {
    return this.#size;
  }

  /** How many of them run something: a query or an Execute. */
  get runs(): number {
    return this.#runs;
  }

  /** Place of the last one that was added. */
  get sequence(): number {
    return this.#sequence;
  }

  get head(): Expected | undefined {
    return this.#size === 0 ? undefined : this.#ring[this.#first];
  }

  /** The n-th from the head. */
  at(index: number): Expected | undefined {
    return index < this.#size ? this.#ring[(this.#first + index) & (this.#ring.length - 1)] : undefined;
  }

  /** Adds one, to be filled by the caller. */
  push(kind: ReplyKind): Expected {
    if (this.#size === this.#ring.length) this.#grow();
    const index = (this.#first + this.#size) & (this.#ring.length - 1);
    const expected = this.#ring[index] ?? blank();
    this.#size += 1;
    this.#sequence += 1;
    expected.kind = kind;
    expected.sequence = this.#sequence;
    if (kind === 'query' || kind === 'execute') this.#runs += 1;
    return expected;
  }

  /** Removes the head. */
  pop(): void {
    const expected = this.head;
    if (expected === undefined) return;
    if (expected.kind === 'query' || expected.kind === 'execute') this.#runs -= 1;
    clear(expected);
    this.#first = (this.#first + 1) & (this.#ring.length - 1);
    this.#size -= 1;
  }

  /**
   * A COPY from the client begins: the target skips each Sync that was sent right after it.
   * Others than Sync it takes for the end of the protocol, so those can stay.
   */
  dropSyncsAfterHead(): void {
    while (this.at(1)?.kind === 'sync') {
      const head = this.#ring[this.#first];
      const next = (this.#first + 1) & (this.#ring.length - 1);
      const sync = this.#ring[next];
      if (head === undefined || sync === undefined) return;
      clear(sync);
      this.#ring[next] = head;
      this.#ring[this.#first] = sync;
      this.#first = next;
      this.#size -= 1;
    }
  }

  /** Unrolls to a ring of twice the size. */
  #grow(): void {
    const ordered: Expected[] = [];
    for (let index = 0; index < this.#size; index += 1) {
      const expected = this.at(index);
      if (expected !== undefined) ordered.push(expected);
    }
    while (ordered.length < this.#ring.length * 2) ordered.push(blank());
    this.#ring = ordered;
    this.#first = 0;
  }
}

/** Lets go of what it refers to, so that nothing is kept alive. */
function clear(expected: Expected): void {
  expected.plan = undefined;
  expected.statement = 0;
  expected.prepared = undefined;
  expected.portal = undefined;
  expected.name = '';
  expected.before = undefined;
  expected.refusal = undefined;
  expected.hidden = false;
}
