import { isDeepStrictEqual } from 'node:util';
import type { CommandReviewId } from '@drawbridge/contract';
import type { Clock } from '../../../clock.ts';
import type { Answer, Needs } from '../../../policy/decision.ts';
import type { Asked, Held } from '../../../sessions/session.ts';
import type { Refusal, StatementPlan } from '../analysis/plan.ts';
import { announceHeld, announceReleased } from './announcements.ts';
import type { Conversation } from './conversation.ts';
import { heldNotice } from './held-notice.ts';
import type { Outcome } from './outcome.ts';

/** How often a client that waits hears something, in ms: less than the shortest read timeouts of drivers and pools. */
const SIGN_OF_LIFE = 5_000;

/** How a client is told of its wait. */
export interface ClientVoice {
  readonly clock: Clock;
  /** Sends a message between two of the target's. */
  readonly tell: (message: Buffer) => void;
  /** It asked for announcements: then it needs no notice. */
  readonly announcements: boolean;
  /**
   * A message that changes nothing for the client, to be sent now and then while it waits; undefined where there is
   * none.
   */
  readonly signOfLife: Buffer | undefined;
}

interface Pending {
  /** What people see. */
  readonly plan: StatementPlan;
  readonly abort: AbortController;
  review: CommandReviewId | undefined;
  answer: Answer | undefined;
  /** Why it won't run, whatever people say. */
  refusal: Refusal | undefined;
}

/** The one message of a client that waits for people; what comes behind it waits with it. */
export class ReviewWait {
  readonly #conversation: Conversation;
  readonly #voice: ClientVoice;
  readonly #await: (work: Promise<unknown>) => void;
  #pending: Pending | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param await_ has the same message come again once the work is done, and ends the session if it fails. */
  constructor(conversation: Conversation, voice: ClientVoice, await_: (work: Promise<unknown>) => void) {
    this.#conversation = conversation;
    this.#voice = voice;
    this.#await = await_;
  }

  /** Resolves when nobody is asked any more; what was last asked is recorded to its end then. */
  get settled(): Promise<unknown> {
    return this.#last;
  }

  /** Something waits, or has its answer and was not looked at since. */
  get pending(): boolean {
    return this.#pending !== undefined;
  }

  /** Asks people. The same message comes again then, and its outcome is to be taken. */
  begin(plan: StatementPlan, needs: Needs, held: Held): void {
    const { session } = this.#conversation;
    const abort = new AbortController();
    const pending: Pending = { plan, abort, review: undefined, answer: undefined, refusal: undefined };
    this.#pending = pending;
    const { clock, tell, announcements, signOfLife } = this.#voice;
    let cancelSign: (() => void) | undefined;
    const live = () => {
      if (signOfLife !== undefined) tell(signOfLife);
      cancelSign = clock.after(SIGN_OF_LIFE, live);
    };
    let told = false;
    const asked = (review: Asked) => {
      pending.review = review.id;
      if (abort.signal.aborted) return;
      told = announcements;
      tell(announcements ? announceHeld(review) : heldNotice(review));
    };
    cancelSign = clock.after(SIGN_OF_LIFE, live);
    const answered = session
      .hold(plan.actions, needs, held, { signal: abort.signal, asked })
      .then((answer) => {
        pending.answer = answer;
      });
    this.#last = answered.catch(() => undefined);
    // Whoever cancels need not wait until that is written down.
    const work = Promise.race([answered, aborted(abort.signal)]).finally(() => {
      cancelSign?.();
      if (told) tell(announceReleased);
    });
    this.#await(work);
  }

  /**
   * What came of what was asked, for the message as it is planned now.
   * @param refusal why it must not run whatever people said
   */
  take(plan: StatementPlan, refusal: Refusal | undefined): Outcome {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) throw new Error('nobody was asked');
    const { answer, review } = pending;
    const obstacle = pending.refusal ?? refusal;
    if (obstacle !== undefined) return denied(obstacle, answer, review);
    if (answer === undefined) return denied(withdrawal, answer, review);
    if (answer.verdict === 'deny')
      return denied({ sqlstate: '42501', message: answer.reason }, answer, review);
    return isSame(pending.plan, plan) ? answer : denied(changed, answer, review);
  }

  /** The client asked to cancel what runs. @returns whether that is what waits here. */
  cancel(): boolean {
    if (this.#pending === undefined) return false;
    this.withdraw(cancellation);
    return true;
  }

  /** It will not run, whatever people say. */
  withdraw(because?: Refusal): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    pending.refusal ??= because;
    pending.abort.abort();
  }

  /** What waited is not sent on after all. */
  forget(): void {
    this.withdraw();
    this.#pending = undefined;
  }
}

/** Whether what is to run is what people saw: it can touch something else since the schema changed. */
const isSame = (seen: StatementPlan, now: StatementPlan): boolean =>
  seen.actions === now.actions || isDeepStrictEqual(seen.actions, now.actions);

const denied = (
  refusal: Refusal,
  answer: Answer | undefined,
  review: CommandReviewId | undefined,
): Outcome => ({
  verdict: 'deny',
  reason: refusal.message,
  policies: answer?.policies ?? [],
  ...(review !== undefined && { review }),
  refusal:
    review === undefined || refusal.hint !== undefined ? refusal : { ...refusal, hint: `Review ${review}.` },
});

const cancellation: Refusal = {
  sqlstate: '57014',
  message: 'canceling statement due to user request: its review is withdrawn',
};
const withdrawal: Refusal = { sqlstate: '42501', message: 'the review of this statement was withdrawn' };
const changed: Refusal = {
  sqlstate: '42501',
  message: 'what this statement touches changed while it was held, so the approval is not for it',
  hint: 'Send it again, to have it reviewed as it is now.',
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
