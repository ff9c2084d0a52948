import type { CommandReviewState, RecordingEventInput } from '@drawbridge/contract';
import { newId } from '../../gateway/src/new-id.ts';
import type { Action, Answer, Needs } from '../../gateway/src/policy/decision.ts';
import type { Asked, Held, Session } from '../../gateway/src/sessions/session.ts';

type Options = Parameters<Session['hold']>[3];

/** Something that waits for the test to decide. */
export interface Question {
  readonly actions: readonly Action[];
  readonly needs: Needs;
  readonly held: Held;
  readonly asked: Asked;
  /** How it ended; undefined while it waits. */
  state(): CommandReviewState | undefined;
  approve(): void;
  deny(reason: string): void;
  /** Nobody decided in time. */
  expire(): void;
}

/** Reviewers that the test plays, for sessions whose `hold` asks them. */
export class Reviewers {
  /** All that was asked, in order. */
  readonly questions: Question[] = [];
  /** Whether the sender may go ahead alone. */
  breakable = false;
  readonly #waiting: ((question: Question) => void)[] = [];
  #given = 0;

  /** The next question that was not given out yet. */
  next(): Promise<Question> {
    const question = this.questions[this.#given];
    this.#given += 1;
    if (question !== undefined) return Promise.resolve(question);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** `Session.hold`, with its events as a session's own. */
  hold(
    record: (event: RecordingEventInput) => void,
    [actions, needs, held, { signal, asked: tell } = {}]: [readonly Action[], Needs, Held, Options?],
    ends?: AbortSignal,
  ): Promise<Answer> {
    const asked: Asked = {
      id: newId('cmd'),
      waitsFor: ['approval of dba'],
      expiresAt: '2026-11-22T12:35:10.000Z',
      breakable: this.breakable,
    };
    const { id: review } = asked;
    const { policies } = needs;
    return new Promise((resolve) => {
      let state: CommandReviewState | undefined;
      const decide = (next: CommandReviewState, answer: Answer) => {
        if (state !== undefined) return;
        state = next;
        record({ type: 'review', review, state: next });
        resolve(answer);
      };
      const no = (next: CommandReviewState, reason: string) =>
        decide(next, { verdict: 'deny', reason, policies, review });
      const question: Question = {
        actions,
        needs,
        held,
        asked,
        state: () => state,
        approve: () => decide('approved', { verdict: 'allow', policies, review }),
        deny: (reason) => no('denied', `Bob denied it: ${reason}`),
        expire: () => no('expired', 'nobody decided in time'),
      };
      record({ type: 'review', review, state: 'pending', text: held.text });
      for (const each of [signal, ends])
        each?.addEventListener('abort', () => no('withdrawn', 'it was withdrawn'), { once: true });
      tell?.(asked);
      this.questions.push(question);
      const waiting = this.#waiting.shift();
      waiting?.(question);
    });
  }
}
