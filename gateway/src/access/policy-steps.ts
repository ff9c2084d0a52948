import { formatDuration, type PolicyStep, type PolicyVerdict, type User } from '@drawbridge/contract';
import type { Action, Decision } from '../policy/decision.ts';
import type { PolicyEngine } from '../policy/engine.ts';
import type { Question } from '../policy/question.ts';
import { vocabulary } from '../policy/vocabulary.ts';
import { factsOf, type Wish } from './authorizer.ts';
import { requirementWords } from './requirement-words.ts';

/** Who asks for what, from where, when. */
export interface Circumstances {
  readonly user: User;
  readonly wish: Wish;
  /** The profile's own limits: seconds, and actions. */
  readonly longest: number;
  readonly allow: readonly string[];
  /** As if people had approved. */
  readonly approved: boolean;
  readonly address?: string;
  /** In ms; the present where absent. */
  readonly at?: number;
  /** Whoever asks may read the policies: they are told what almost would have let it happen. */
  readonly isReader: boolean;
}

/** What a profile's `allow` bounds: what happens within a session. */
const BOUNDED: readonly string[] = ['sql', 'ssh', 'k8s', 'http', 'data'];

/** Answers for one action at a time, in words: what the profile says first, then policy, as in a session. */
export class PolicySteps {
  readonly #engine: Pick<PolicyEngine, 'decide' | 'explain' | 'almost'>;

  constructor(engine: Pick<PolicyEngine, 'decide' | 'explain' | 'almost'>) {
    this.#engine = engine;
  }

  of({ name, object, context }: Action, circumstances: Circumstances): PolicyStep {
    const { wish, allow, longest } = circumstances;
    const about = { action: name, ...(object === undefined ? {} : { object }) };
    const group = vocabulary.actions.get(name)?.group ?? '';
    const limit =
      BOUNDED.includes(group) && !allow.includes(name)
        ? `the ${wish.profile} profile of ${wish.resource.name} doesn't allow ${name}`
        : wish.duration > longest
          ? `the ${wish.profile} profile of ${wish.resource.name} is given for ${formatDuration(longest)} at most`
          : undefined;
    if (limit !== undefined)
      return { ...about, verdict: 'deny', reason: limit, needs: [], policies: [], profile: true };
    const question = questionOf({ name, ...about, context }, circumstances, group === 'admin');
    const decision = this.#engine.decide(question);
    const near =
      circumstances.isReader && decision.verdict === 'deny' && decision.policies.length === 0
        ? this.#engine.almost(question)
        : [];
    return {
      ...about,
      verdict: decision.verdict,
      reason: [this.#reason(decision), ...near].join('; '),
      needs: decision.verdict === 'needs' ? [...decision.requirements] : [],
      policies: this.#engine.explain(decision),
    };
  }

  /** One answer to all: what one of them is denied does not happen. */
  together(steps: readonly PolicyStep[]): { verdict: PolicyVerdict; reason: string } {
    for (const verdict of ['deny', 'needs'] as const) {
      const reasons = steps.filter((step) => step.verdict === verdict).map(({ reason }) => reason);
      if (reasons.length > 0) return { verdict, reason: [...new Set(reasons)].join('; ') };
    }
    if (steps.length === 0)
      return { verdict: 'deny', reason: 'nothing would be done, so nothing is allowed' };
    return { verdict: 'allow', reason: [...new Set(steps.map(({ reason }) => reason))].join('; ') };
  }

  #reason(decision: Decision): string {
    if (decision.verdict === 'deny') return decision.reason;
    const words = this.#engine
      .explain(decision)
      .map(
        ({ id, message, description }) =>
          (decision.verdict === 'needs' ? message : undefined) ?? description ?? `policy ${id}`,
      );
    const because = [...new Set(words)].join('; ');
    if (decision.verdict === 'allow') return `allowed: ${because}`;
    return `needs ${[...new Set(decision.requirements.map(requirementWords))].join(' and ')}: ${because}`;
  }
}

function questionOf(
  { name, object, context }: Action,
  { user, wish, approved, address, at }: Circumstances,
  isAboutGateway: boolean,
): Question {
  const { name: of, protocol, labels } = wish.resource;
  const resource = { name: of, protocol, labels, ...(object === undefined ? {} : { object }) };
  const ip = address === undefined ? {} : { ip: address };
  return {
    principal: user,
    action: name,
    ...(isAboutGateway ? {} : { resource }),
    facts: { ...factsOf(wish), approved, action: context, ...ip },
    ...(at === undefined ? {} : { at }),
  };
}
