import type { CommandReview, Resource } from '@drawbridge/contract';
import type { SqlError } from '../../../main/ipc/sql-port.ts';
import { policiesOf } from '../../state/needs-text.ts';

/** What the refused card says. */
export interface Refusal {
  /** *Not run: the read profile doesn't allow DELETE on payments*. */
  readonly title: string;
  /** What the statement would have needed. */
  readonly needs?: { readonly action: string; readonly object?: string };
  /** A profile, a masking rule or a policy. */
  readonly decidedBy?: string;
  readonly hint?: string;
  /** A reviewer's own words. */
  readonly said?: string;
  /** A text to run instead, where the hint names a whole one. */
  readonly rewrite?: string;
  /** The profile of the same resource that allows it and may be asked for. */
  readonly profile?: string;
}

const PREFIX = 'drawbridge: ';
/**
 * The gateway's sentence for what a profile leaves out. PostgreSQL's errors have no field for it, and a sentence that
 * reads differently only makes the card say less.
 */
const CEILING = /^the (\S+) profile of (\S+) doesn't allow ([a-z]+\.[a-z]+)(?: on (\S+))?$/;
const DECIDED_BY = /\b(rule|policy) ([\w#.-]*[\w#-])/;
const REWRITE = /`([^`]+)`/;

/** @param statement the one that was refused, where there is only one. */
export function explainRefusal(
  error: SqlError,
  statement: string | undefined,
  resource: Pick<Resource, 'profiles'> | undefined,
): Refusal {
  const reason = withoutPrefix(error.message);
  const rewrite = error.hint === undefined ? undefined : REWRITE.exec(error.hint)?.[1];
  const told = {
    ...(error.hint !== undefined && { hint: error.hint }),
    ...(rewrite !== undefined && { rewrite }),
  };
  const ceiling = CEILING.exec(reason);
  if (ceiling === null) {
    const decided = DECIDED_BY.exec(reason);
    return {
      title: `Not run: ${reason}`,
      ...(decided && { decidedBy: `${decided[1]} ${decided[2]}` }),
      ...told,
    };
  }
  const [, profile = '', , action = '', object] = ceiling;
  const verb = statement === undefined ? undefined : /^[A-Za-z]+/.exec(statement)?.[0].toUpperCase();
  const where = object === undefined ? '' : ` on ${object.split('.').at(-1) ?? object}`;
  const asked = otherProfile(resource, profile, action);
  return {
    title: `Not run: the ${profile} profile doesn't allow ${verb ?? action}${where}`,
    needs: { action, ...(object !== undefined && { object }) },
    decidedBy: `profile ${profile}`,
    ...told,
    ...(asked !== undefined && { profile: asked }),
  };
}

/** Where people decided against a statement that was held: who, and in their words why. */
export function reviewRefusal(
  review: Pick<CommandReview, 'state' | 'votes' | 'needs' | 'stateReason'> | undefined,
): Refusal | undefined {
  if (review === undefined || (review.state !== 'denied' && review.state !== 'expired')) return undefined;
  const asking = policiesOf(review.needs);
  const policies = asking.length === 0 ? {} : { decidedBy: `policy ${asking.join(', ')}` };
  if (review.state === 'expired') return { title: 'Not run: nobody decided in time', ...policies };
  const denial = review.votes.findLast(({ verdict }) => verdict === 'deny');
  if (denial === undefined)
    return { title: `Not run: ${review.stateReason ?? 'it was denied'}`, ...policies };
  return {
    title: `Not run: ${denial.reviewer.displayName} denied it`,
    ...(denial.reason !== undefined && denial.reason !== '' && { said: denial.reason }),
    ...policies,
  };
}

export const withoutPrefix = (message: string): string =>
  message.startsWith(PREFIX) ? message.slice(PREFIX.length) : message;

function otherProfile(
  resource: Pick<Resource, 'profiles'> | undefined,
  profile: string,
  action: string,
): string | undefined {
  return resource?.profiles.find(
    ({ name, access, allow }) => name !== profile && access !== 'denied' && allow.includes(action),
  )?.name;
}
