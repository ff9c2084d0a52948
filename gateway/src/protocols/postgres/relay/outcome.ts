import type { Answer } from '../../../policy/decision.ts';
import type { Refusal, StatementPlan } from '../analysis/plan.ts';

/** What was decided, and what the client reads where that is no. */
export type Outcome = Answer & { readonly refusal?: Refusal };

/**
 * What is decided about a plan without asking anybody; undefined where people have to be asked.
 * @param refusal why it must not run, whoever approves
 */
export function outcomeOf(plan: StatementPlan, refusal: Refusal | undefined): Outcome | undefined {
  const { decision } = plan;
  if (refusal !== undefined) return refusedOutcome(plan, refusal);
  if (decision.verdict === 'needs') return undefined;
  if (decision.verdict === 'allow') return decision;
  return refusedOutcome(plan, { sqlstate: '42501', message: decision.reason });
}

export const refusedOutcome = ({ decision }: StatementPlan, refusal: Refusal): Outcome => ({
  verdict: 'deny',
  reason: refusal.message,
  policies: decision.policies,
  refusal,
});

/** What the target itself would say; nobody need be asked for that. */
export const inFailedBlock: Refusal = {
  sqlstate: '25P02',
  message: 'current transaction is aborted, commands ignored until end of transaction block',
};

export const tooLate: Refusal = {
  sqlstate: '42501',
  message: 'it was approved too long ago to be run now',
  hint: 'Bind it again, to have it reviewed anew.',
};
