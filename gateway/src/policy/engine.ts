import { randomUUID } from 'node:crypto';
import { preparsePolicySet, preparseSchema, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import type { Requirement } from '@drawbridge/contract';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { PolicyRequirement } from './annotations.ts';
import type { Decision } from './decision.ts';
import { noPolicies, type Policy, type PolicySet } from './policy-set.ts';
import { type CedarRequest, type Facts, type Question, toCedar } from './question.ts';
import { actionWords, POLICY_SCHEMA } from './schema.ts';

/** One policy that had a part in a decision, in words. */
interface PolicyExplanation {
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  readonly description?: string;
  readonly message?: string;
}

/** Asks Cedar. Synchronous: it sits on the path of each new statement. */
export interface PolicyEngine {
  decide(question: Question): Decision;
  /** One answer to several questions: the first denial, or all that is needed, or allow. No questions, no access. */
  decideAll(questions: readonly Question[]): Decision;
  explain(decision: Decision): PolicyExplanation[];
  /** Whether policy would say yes right now; for what can't wait for a review. */
  allows(question: Question): boolean;
}

/** What Cedar said once, before requirements are weighed. */
interface Verdict {
  readonly allow: boolean;
  readonly policies: readonly Policy[];
  /** Set where it could not be decided. */
  readonly failure?: string;
}

const SCHEMA_NAME = 'drawbridge';
/** Answers kept: the same statement by the same person within the same hour asks the same question. */
const CACHED_ANSWERS = 4096;

/** The engine that a gateway keeps: `replace` swaps the whole set between two decisions, never during one. */
export interface LivePolicyEngine extends PolicyEngine {
  replace(set: PolicySet): void;
}

/** @throws Error when Cedar can't take the schema or the set; a set from `compilePolicies` is always taken. */
export function createPolicyEngine({
  clock,
  policies = noPolicies,
}: {
  clock: Pick<Clock, 'now'>;
  policies?: PolicySet;
}): LivePolicyEngine {
  // cedar-wasm keeps parsed sets under a name for as long as the process lives; each engine reuses its own.
  const slot = randomUUID();
  const answers = new LRUCache<string, Verdict>({ max: CACHED_ANSWERS });
  let set: PolicySet = policies;
  let order = new Map<string, number>();

  function replace(next: PolicySet): void {
    const staticPolicies = Object.fromEntries([...next.values()].map(({ id, cedar }) => [id, cedar]));
    taken(preparsePolicySet(slot, { staticPolicies }));
    set = next;
    order = new Map([...next.keys()].map((id, index) => [id, index]));
    answers.clear();
  }

  function ask(request: CedarRequest): Verdict {
    const key = JSON.stringify(request);
    const known = answers.get(key);
    if (known) return known;
    const verdict = askCedar(request);
    answers.set(key, verdict);
    return verdict;
  }

  function askCedar(request: CedarRequest): Verdict {
    const answer = statefulIsAuthorized({
      ...request,
      preparsedSchemaName: SCHEMA_NAME,
      validateRequest: true,
      preparsedPolicySetId: slot,
    });
    if (answer.type === 'failure')
      return { allow: false, policies: [], failure: answer.errors.map(({ message }) => message).join('; ') };
    const { decision, diagnostics } = answer.response;
    // Cedar passes over a policy that fails while it is evaluated. For a permit that denies; a forbid would be lost.
    const broken = diagnostics.errors
      .map(({ policyId }) => set.get(policyId))
      .filter((policy) => policy?.effect !== 'permit');
    if (broken.length > 0)
      return {
        allow: false,
        policies: broken.filter((policy) => policy !== undefined),
        failure: `policy ${broken.map((policy) => policy?.id).join(', ')} could not be evaluated`,
      };
    const ids = [...diagnostics.reason].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
    return {
      allow: decision === 'allow',
      policies: ids.map((id) => set.get(id)).filter((policy) => policy !== undefined),
    };
  }

  function decide(question: Question): Decision {
    const now = clock.now();
    const verdict = ask(toCedar(question, now));
    if (verdict.allow) return { verdict: 'allow', policies: idsOf(verdict) };
    if (verdict.failure !== undefined || verdict.policies.length === 0) return denied(question, verdict);
    // Cedar names only forbids here: one forbid outweighs every permit.
    const blocking = verdict.policies.filter(({ requirements }) => requirements.length === 0);
    if (blocking.length > 0) return denied(question, { ...verdict, policies: blocking });
    const requirements = verdict.policies.flatMap((policy) => policy.requirements);
    const unmeetable = verdict.policies.filter((policy) =>
      policy.requirements.some(({ kind }) => kind === 'mfa'),
    );
    const once = ask(toCedar({ ...question, facts: met(question.facts, requirements) }, now));
    if (!once.allow) return denied(question, once);
    if (unmeetable.length > 0) return denied(question, { ...verdict, policies: unmeetable });
    return { verdict: 'needs', requirements: requirements.filter(isMeetable), policies: idsOf(verdict) };
  }

  taken(preparseSchema(SCHEMA_NAME, POLICY_SCHEMA));
  replace(policies);
  return {
    replace,
    decide,
    allows: (question) => decide(question).verdict === 'allow',
    decideAll: (questions) => combine(questions.map(decide)),
    explain: ({ policies: ids }) =>
      ids
        .map((id) => set.get(id))
        .filter((policy) => policy !== undefined)
        .map(({ id, effect, description, message }) => ({
          id,
          effect,
          ...(description === undefined ? {} : { description }),
          ...(message === undefined ? {} : { message }),
        })),
  };
}

const idsOf = (verdict: Verdict) => verdict.policies.map(({ id }) => id);
const isMeetable = (requirement: PolicyRequirement): requirement is Requirement => requirement.kind !== 'mfa';

function taken(
  answer: { type: 'success' } | { type: 'failure'; errors: readonly { message: string }[] },
): void {
  if (answer.type === 'failure')
    throw new Error(`Cedar refused: ${answer.errors.map(({ message }) => message).join('; ')}`);
}

/** The facts as they will be once people have done what is asked of them. */
function met(facts: Facts, requirements: readonly PolicyRequirement[]): Facts {
  const kinds = new Set(requirements.map(({ kind }) => kind));
  const ticket = requirements.some((requirement) => requirement.kind === 'justify' && requirement.ticket);
  return {
    ...facts,
    ...(kinds.has('approve') ? { approved: true } : {}),
    ...(kinds.has('justify') ? { hasReason: true } : {}),
    ...(ticket ? { hasTicket: true } : {}),
    ...(kinds.has('mfa') ? { mfaSeconds: 0 } : {}),
  };
}

function denied(question: Question, verdict: Verdict): Decision {
  return { verdict: 'deny', reason: reasonOf(question, verdict), policies: idsOf(verdict) };
}

function reasonOf({ principal, action, resource, facts }: Question, { policies, failure }: Verdict): string {
  if (failure !== undefined) return `policy could not decide, so the answer is no: ${failure}`;
  if (policies.length > 0)
    return policies
      .map(
        (policy) =>
          policy.message ?? needsMfa(policy) ?? policy.description ?? `forbidden by policy ${policy.id}`,
      )
      .join('; ');
  const what = resource
    ? [resource.name, resource.object].filter((part) => part !== undefined).join('/')
    : 'this gateway';
  return `no policy lets ${principal.name} ${actionWords[action]} ${what}${facts.profile === undefined ? '' : ` with profile ${facts.profile}`}`;
}

const needsMfa = ({ requirements }: Policy) =>
  requirements.some(({ kind }) => kind === 'mfa')
    ? 'needs a recent multi-factor sign-in, which this gateway cannot check yet'
    : undefined;

function combine(decisions: readonly Decision[]): Decision {
  const policies = [...new Set(decisions.flatMap((decision) => decision.policies))];
  const denial = decisions.find((decision) => decision.verdict === 'deny');
  if (denial) return denial;
  if (decisions.length === 0)
    return { verdict: 'deny', reason: 'nothing was asked, so nothing is allowed', policies };
  const requirements = decisions.flatMap((decision) =>
    decision.verdict === 'needs' ? decision.requirements : [],
  );
  const distinct = [
    ...new Map(requirements.map((requirement) => [JSON.stringify(requirement), requirement])).values(),
  ];
  return distinct.length > 0
    ? { verdict: 'needs', requirements: distinct, policies }
    : { verdict: 'allow', policies };
}
