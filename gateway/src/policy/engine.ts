import type { PolicyExplanation, Requirement } from '@drawbridge/contract';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import { almost } from './almost.ts';
import { preparseSchema, statefulIsAuthorized } from './cedar.ts';
import type { Decision } from './decision.ts';
import { noPolicies, type Policy, type PolicySet } from './policy-set.ts';
import { type Facts, hourOf, keyOf, type Question, toCedar } from './question.ts';
import type { PolicyRequirement } from './requirement.ts';
import { actionWords, POLICY_SCHEMA } from './schema.ts';
import { askedIn } from './scope.ts';
import { Shards } from './shards.ts';
import { vocabulary } from './vocabulary.ts';

/** Asks Cedar. Synchronous: it sits on the path of each new statement. */
export interface PolicyEngine {
  decide(question: Question): Decision;
  explain(decision: Decision): PolicyExplanation[];
  /** Where no policy lets it happen: which almost would, see `almost`. */
  almost(question: Question): string[];
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
/** Decisions kept: the same statement by the same person within the same hour asks the same question. */
const CACHED_DECISIONS = 4096;
/** Characters of the questions to these: commands may be long. */
const CACHED_CHARACTERS = 8_000_000;
/** More hours than any clock shows: keeps the two parts of a version apart. */
const HOURS = 100_000_000;

/** The engine that a gateway keeps: `replace` swaps the whole set between two decisions, never during one. */
export interface LivePolicyEngine extends PolicyEngine {
  /** Goes up when an answer given before may no longer be so: the set was replaced, or another hour began. */
  readonly version: number;
  replace(set: PolicySet): void;
}

/** @throws Error when Cedar can't take the schema. */
export function createPolicyEngine({
  clock,
  policies = noPolicies,
}: {
  clock: Pick<Clock, 'now'>;
  policies?: PolicySet;
}): LivePolicyEngine {
  const shards = new Shards();
  const decisions = new LRUCache<string, Decision>({
    max: CACHED_DECISIONS,
    maxSize: CACHED_CHARACTERS,
    sizeCalculation: (_, key) => key.length,
  });
  let set: PolicySet = noPolicies;
  let replaced = 0;

  function replace(next: PolicySet): void {
    shards.replace(next);
    set = next;
    decisions.clear();
    replaced += 1;
  }

  function ask(question: Question, now: number): Verdict {
    const request = toCedar(question, now);
    const { slot, policies: candidates, failure } = shards.of(askedIn(request, groupOf(question)));
    if (slot === undefined)
      return { allow: false, policies: [], ...(failure === undefined ? {} : { failure }) };
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
    const decided = new Set(diagnostics.reason);
    return { allow: decision === 'allow', policies: candidates.filter(({ id }) => decided.has(id)) };
  }

  function decide(question: Question): Decision {
    const now = question.at ?? clock.now();
    const key = keyOf(question, now);
    const known = decisions.get(key);
    if (known) return known;
    const decision = weigh(question, now);
    decisions.set(key, decision);
    return decision;
  }

  function weigh(question: Question, now: number): Decision {
    const verdict = ask(question, now);
    if (verdict.allow) return { verdict: 'allow', policies: idsOf(verdict) };
    if (verdict.failure !== undefined) return denied(question, verdict);
    if (verdict.policies.length === 0) return { ...denied(question, verdict), unpermitted: true };
    // Cedar names only forbids here: one forbid outweighs every permit.
    const blocking = verdict.policies.filter(({ requirements }) => requirements.length === 0);
    if (blocking.length > 0) return denied(question, { ...verdict, policies: blocking });
    const requirements = verdict.policies.flatMap((policy) => policy.requirements);
    const unmeetable = verdict.policies.filter((policy) =>
      policy.requirements.some(({ kind }) => kind === 'mfa'),
    );
    const once = ask({ ...question, facts: met(question.facts, requirements) }, now);
    if (!once.allow) {
      const unpermitted = once.failure === undefined && once.policies.length === 0 && unmeetable.length === 0;
      if (!unpermitted) return denied(question, once);
      return { ...denied(question, once), unpermitted, requirements: requirements.filter(isMeetable) };
    }
    if (unmeetable.length > 0) return denied(question, { ...verdict, policies: unmeetable });
    return { verdict: 'needs', requirements: requirements.filter(isMeetable), policies: idsOf(verdict) };
  }

  taken(preparseSchema(SCHEMA_NAME, POLICY_SCHEMA));
  replace(policies);
  return {
    replace,
    get version() {
      // Policies may ask for the hour.
      return replaced * HOURS + hourOf(clock.now());
    },
    decide,
    allows: (question) => decide(question).verdict === 'allow',
    almost: (question) => almost(set, askedIn(toCedar(question, 0), groupOf(question))),
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

const groupOf = ({ action }: Question): string => vocabulary.actions.get(action)?.group ?? '';
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

type Denial = Extract<Decision, { verdict: 'deny' }>;

function denied(question: Question, verdict: Verdict): Denial {
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
