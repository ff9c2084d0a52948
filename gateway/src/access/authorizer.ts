import { type ActionName, DrawbridgeError, type Requirement, type User } from '@drawbridge/contract';
import type { Action, Decision } from '../policy/decision.ts';
import type { PolicyEngine } from '../policy/engine.ts';
import type { Facts, PolicyResource } from '../policy/question.ts';
import type { Caller } from './caller.ts';

/** What somebody wants of one profile of a resource. */
export interface Wish {
  readonly resource: PolicyResource;
  readonly profile: string;
  /** Seconds. */
  readonly duration: number;
  readonly reason: string;
}

/** What policy says about access, in the words of requests and reviews. */
export class Authorizer {
  readonly #engine: Pick<PolicyEngine, 'decide' | 'allows' | 'explain'>;

  constructor(engine: Pick<PolicyEngine, 'decide' | 'allows' | 'explain'>) {
    this.#engine = engine;
  }

  /**
   * Asking and connecting as one answer: what has to happen before both are allowed. Asking comes first, so
   * that somebody who may not even ask hears about that.
   */
  access(caller: Caller, wish: Wish): Decision {
    const asking = this.#decide(caller, 'access.request', wish);
    if (asking.verdict === 'deny') return asking;
    const connecting = this.#decide(caller, 'access.connect', wish);
    if (connecting.verdict === 'deny') return connecting;
    const policies = [...new Set([...asking.policies, ...connecting.policies])];
    const requirements = [asking, connecting].flatMap((decision) =>
      decision.verdict === 'needs' ? decision.requirements : [],
    );
    const distinct = [
      ...new Map(
        requirements.map((requirement) => [`${requirement.policy} ${requirement.kind}`, requirement]),
      ).values(),
    ];
    return distinct.length > 0
      ? { verdict: 'needs', requirements: distinct, policies }
      : { verdict: 'allow', policies };
  }

  /** Connecting alone, as things stand; for a grant that is there already. */
  connect(caller: Caller, wish: Wish): Decision {
    return this.#decide(caller, 'access.connect', wish);
  }

  /** One action under a grant: that the grant was approved does not approve the action, `approved` says that somebody did. */
  use(caller: Caller, { name, object, context }: Action, wish: Wish, approved: boolean): Decision {
    const resource = object === undefined ? wish.resource : { ...wish.resource, object };
    const facts = { ...factsOf(wish), approved, action: context };
    return this.#engine.decide(question(caller, name, resource, facts));
  }

  /** Whether policy says yes right now. Without a resource the question is about the gateway itself. */
  may(caller: Caller, action: ActionName, resource?: PolicyResource, facts: Facts = {}): boolean {
    return this.#engine.allows(question(caller, action, resource, facts));
  }

  /** @throws DrawbridgeError `forbidden`, with the reason and the policies that decided. */
  assertMay(caller: Caller, action: ActionName, resource?: PolicyResource): void {
    const decision = this.#engine.decide(question(caller, action, resource, {}));
    if (decision.verdict === 'allow') return;
    const reason =
      decision.verdict === 'deny'
        ? decision.reason
        : 'policy asks for a review first, which this action cannot wait for';
    throw new DrawbridgeError('forbidden', reason, { policies: [...decision.policies] });
  }

  /** What policy said to an access wish, in a sentence or two for the person who asked. */
  explain(decision: Decision): string {
    if (decision.verdict === 'deny') return decision.reason;
    const words = this.#engine
      .explain(decision)
      .map(({ id, message, description }) => message ?? description ?? `policy ${id}`);
    return [...new Set(words)].join('; ');
  }

  #decide(caller: Caller, action: ActionName, wish: Wish): Decision {
    return this.#engine.decide(question(caller, action, wish.resource, factsOf(wish)));
  }
}

/** What policies see of a wish. */
export const factsOf = ({ profile, duration, reason }: Wish): Facts => ({
  profile,
  duration,
  hasReason: reason !== '',
  hasTicket: namesTicket(reason),
});

function question(
  { user, address }: Caller,
  action: ActionName,
  resource: PolicyResource | undefined,
  facts: Facts,
) {
  return {
    principal: user,
    action,
    ...(resource ? { resource } : {}),
    facts: address === undefined ? facts : { ...facts, ip: address },
  };
}

/** A ticket is what trackers write: `OPS-123`, `#123`, or a link. */
const namesTicket = (reason: string): boolean =>
  /\b[A-Z][A-Z0-9]+-\d+\b|(?:^|\s)#\d+\b|https?:\/\/\S+/.test(reason);

/** Whether a requirement can be met by what the person writes into the request, without anybody else. */
export const isJustification = (
  requirement: Requirement,
): requirement is Extract<Requirement, { kind: 'justify' }> => requirement.kind === 'justify';

/** Whether somebody may review requests for it; who they are in regard to the request is another matter. */
export const mayReview = (
  authorizer: Pick<Authorizer, 'may'>,
  user: User,
  wish: Omit<Wish, 'reason'>,
): boolean =>
  authorizer.may({ user }, 'access.review', wish.resource, {
    profile: wish.profile,
    duration: wish.duration,
  });
