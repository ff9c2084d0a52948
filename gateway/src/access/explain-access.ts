import type { AccessExplanation, PolicyStep } from '@drawbridge/contract';
import { mentionsOf } from '../policy/mentions.ts';
import type { Policy, PolicySet } from '../policy/policy-set.ts';
import { actionsOf, factsAskedBy, reaches } from '../policy/reach.ts';
import { admits } from '../policy/scope.ts';
import type { StoredResource } from '../store/documents.ts';
import type { Circumstances, PolicySteps } from './policy-steps.ts';

/**
 * What one person could do with one profile of a resource. Each action that the profile allows is asked about for the
 * resource as a whole, and for the tables that policies name where the answer is another one there.
 */
export function explainAccess(
  steps: PolicySteps,
  policies: PolicySet,
  resource: StoredResource,
  circumstances: Circumstances & { readonly profile: string },
): AccessExplanation['profiles'][number] {
  const { user } = circumstances;
  const self = `User::${user.id}`;
  const who = {
    type: 'User',
    self,
    within: new Set([self, ...user.groups.map((group) => `Group::${group}`)]),
  };
  const near = [...policies.values()].filter(
    (policy) => admits(policy.json.principal, who) && reaches(policy, resource),
  );
  const connecting = (['access.request', 'access.connect'] as const).map((name) =>
    steps.of({ name, context: {} }, circumstances),
  );
  return {
    name: circumstances.profile,
    access: together(steps, connecting),
    actions: (resource.profiles[circumstances.profile]?.allow ?? []).flatMap((name) => {
      const concerned = near.filter((policy) => actionsOf(policy).includes(name));
      const whole = steps.of({ name, context: {} }, circumstances);
      const tables = tablesIn(concerned, resource.name)
        .map((object) => steps.of({ name, object, context: {} }, circumstances))
        .filter((step) => !isSame(step, whole));
      return [whole, ...tables].map((step) => withFacts(step, concerned));
    }),
  };
}

function together(steps: PolicySteps, connecting: readonly PolicyStep[]): PolicyStep {
  const deciding = connecting.filter(({ verdict }) => verdict === steps.together(connecting).verdict);
  return {
    action: 'access.connect',
    ...steps.together(connecting),
    needs: deciding.flatMap(({ needs }) => needs),
    policies: [
      ...new Map(deciding.flatMap((step) => step.policies.map((each) => [each.id, each] as const))).values(),
    ],
    ...(deciding.some(({ profile }) => profile) ? { profile: true } : {}),
  };
}

const isSame = (one: PolicyStep, other: PolicyStep): boolean =>
  one.verdict === other.verdict &&
  one.policies.map(({ id }) => id).join() === other.policies.map(({ id }) => id).join();

/** Tables of a resource that policies name. */
function tablesIn(policies: readonly Policy[], resource: string): string[] {
  const named = policies.flatMap(({ json }) => mentionsOf(json));
  const tables = named.flatMap(({ type, id }) =>
    type === 'Table' && id.startsWith(`${resource}/`) ? [id.slice(resource.length + 1)] : [],
  );
  return [...new Set(tables)].sort();
}

/** Nothing is known yet of the statement or command: policies that ask for more may say otherwise then. */
function withFacts(step: PolicyStep, concerned: readonly Policy[]): PolicyStep {
  const asking = concerned.filter((policy) => factsAskedBy(policy).length > 0);
  if (asking.length === 0 || step.profile) return step;
  const facts = [...new Set(asking.flatMap(factsAskedBy))].map((fact) => `context.${fact}`).join(', ');
  const ids = asking.map(({ id }) => id).join(', ');
  return {
    ...step,
    reason: `${step.reason} (as far as can be said without ${facts}, which ${ids} asks for)`,
  };
}
