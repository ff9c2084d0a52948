import type { Refusal, StatementPlan } from '../analysis/plan.ts';
import type { ErrorFields } from '../codec/error-fields.ts';
import { SessionFailure } from '../session-failure.ts';

/** Whether an error ends the session: what the target then does to the connection is its own. */
export function endsSession(fields: ErrorFields): boolean {
  const severity = fields.get('V') ?? fields.get('S');
  return severity === 'FATAL' || severity === 'PANIC';
}

/**
 * An answer must be about the statement that the client's message meant when it passed here. It isn't where a Parse
 * failed because its name was taken, or where SQL gave the name to something else: masks and records would be those of
 * another statement.
 */
export function requireCertainty(certain: boolean): void {
  if (certain) return;
  throw new SessionFailure('protocol_error', {
    sqlstate: '08P01',
    message: 'a name was used for two statements at once, so it is not certain which of them ran',
    hint: 'Use other names, or wait for the answer to one statement before its name is used again.',
  });
}

/** An error in place of a result says that nothing happened, so it may only stand where nothing did. */
export function requireHarmless(plan: StatementPlan | undefined, refusal: Refusal): void {
  const harmless = plan?.actions.every(({ name }) => name === 'sql.read' || name === 'sql.session');
  if (!harmless) throw new SessionFailure('protocol_error', refusal);
}
