import type { Requirement } from '@drawbridge/contract';
import type { PolicyResource } from '../policy/question.ts';
import type { Authorizer } from './authorizer.ts';
import type { Caller } from './caller.ts';

interface Asked {
  /** In the order of the answer's `each`. */
  readonly targets: readonly { readonly resource: PolicyResource; readonly profile: string }[];
  /** Seconds. */
  readonly duration: number;
  readonly reason: string;
}

export type PolicyAnswer =
  | { readonly verdict: 'deny'; readonly reason: string; readonly policies: readonly string[] }
  | {
      readonly verdict: 'needs';
      /** Of all targets together, each once; nothing where policy asks for nobody's approval. */
      readonly needs: readonly Requirement[];
      /** Of each target alone. */
      readonly each: readonly (readonly Requirement[])[];
      readonly policies: readonly string[];
    };

/** What policy says to everything that is asked for together: one denial denies all of it. */
export function askPolicy(
  authorizer: Pick<Authorizer, 'access'>,
  caller: Caller,
  { targets, duration, reason }: Asked,
): PolicyAnswer {
  const each: (readonly Requirement[])[] = [];
  const policies = new Set<string>();
  for (const { resource, profile } of targets) {
    const decision = authorizer.access(caller, { resource, profile, duration, reason });
    if (decision.verdict === 'deny') {
      const about = targets.length > 1 ? `${resource.name} (${profile}): ` : '';
      return { verdict: 'deny', reason: `${about}${decision.reason}`, policies: decision.policies };
    }
    for (const id of decision.policies) policies.add(id);
    each.push(decision.verdict === 'needs' ? decision.requirements : []);
  }
  const distinct = new Map(each.flat().map((need) => [`${need.policy} ${need.kind}`, need]));
  return { verdict: 'needs', needs: [...distinct.values()], each, policies: [...policies] };
}
