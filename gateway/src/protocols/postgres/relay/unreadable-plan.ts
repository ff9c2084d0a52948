import type { StatementPlan } from '../analysis/plan.ts';

/** Of a text that gateway and target could read differently. */
export function unreadablePlan(text: Buffer): StatementPlan {
  const message = 'the statement is not valid UTF-8, so gateway and database could read it differently';
  return {
    recordedText: text.toString('utf8'),
    count: 1,
    actions: [],
    tables: [],
    decision: { verdict: 'deny', reason: message, policies: [] },
    refusal: { sqlstate: '22021', message },
    masks: false,
    texts: 'sqlstate-only',
  };
}
