import type { CommandReviewState, PrincipalRef, Requirement } from '@drawbridge/contract';
import type { Action, Needs } from '../policy/decision.ts';
import type { Asked, Held } from './session.ts';

/** What came of a review. */
export interface ReviewOutcome {
  readonly state: Exclude<CommandReviewState, 'pending'>;
  /** Who approved or denied. */
  readonly by: readonly PrincipalRef[];
  readonly reason?: string | undefined;
  readonly brokenGlass?: true | undefined;
  /** Whether what people said is enough for these as well: policy may ask for more by now. */
  readonly covers: (needs: readonly Requirement[]) => boolean;
}

/** Has people decide about what one session holds. */
export interface Reviewing {
  /**
   * Asks. `outcome` never rejects: where it can't be learnt, that is a denial.
   * @param signal withdraws it
   * @throws DrawbridgeError where nobody could be asked
   */
  ask(
    actions: readonly Action[],
    needs: Needs,
    held: Held,
    signal: AbortSignal,
  ): Promise<{ readonly review: Asked; readonly outcome: Promise<ReviewOutcome> }>;
  /** Why it did not happen, for the person who sent it. */
  words(state: ReviewOutcome['state'], by: readonly PrincipalRef[], reason: string | undefined): string;
}
