import type { RecordingEventInput } from '@drawbridge/contract';
import type { StatementPlan } from '../analysis/plan.ts';
import type { Outcome } from './outcome.ts';

/**
 * What is recorded of a statement before it goes to the target.
 * @param outcome undefined for what is decided when it is run
 */
export function statementEvent(
  statement: number,
  mode: 'simple' | 'prepare',
  plan: StatementPlan,
  outcome: Outcome | undefined,
): RecordingEventInput {
  const { policies } = outcome ?? plan.decision;
  return {
    type: 'statement',
    statement,
    text: plan.recordedText,
    mode,
    // Each once: one statement can be about a thousand partitions.
    actions: [...new Set(plan.actions.map((action) => action.name))],
    tables: [...plan.tables],
    decision: outcome?.verdict ?? 'allow',
    ...(outcome?.verdict === 'deny' ? { reason: outcome.reason } : {}),
    ...(policies.length === 0 ? {} : { policies: [...policies] }),
    ...(outcome?.review === undefined ? {} : { review: outcome.review }),
  };
}

/** What is recorded of one run of a prepared statement before it goes to the target. */
export function runEvent(
  statement: number,
  parameters: (string | null)[],
  outcome: Outcome,
): RecordingEventInput {
  const { review } = outcome;
  if (outcome.verdict === 'allow' && review === undefined) return { type: 'execute', statement, parameters };
  return {
    type: 'execute',
    statement,
    parameters,
    ...(outcome.verdict === 'deny' ? { decision: 'deny', reason: outcome.reason } : {}),
    ...(review === undefined ? {} : { review }),
  };
}
