import type { Policy, PolicySet } from './policy-set.ts';
import { type Asked, admits, nameOf } from './scope.ts';

/** Most policies that are named. */
const MOST = 3;

/**
 * Why no permit lets something happen, for somebody who looks for the reason: permits that let others do it, and permits
 * whose conditions don't hold.
 */
export function almost(policies: PolicySet, asked: Asked): string[] {
  const permits = [...policies.values()].filter(
    ({ effect, json }) =>
      effect === 'permit' && admits(json.action, asked.action) && admits(json.resource, asked.resource),
  );
  const mine = permits.filter(({ json }) => admits(json.principal, asked.principal));
  return [
    ...mine.slice(0, MOST).map(({ id }) => `the conditions of ${id} do not hold`),
    ...permits
      .filter((policy) => !mine.includes(policy))
      .slice(0, Math.max(0, MOST - mine.length))
      .map((policy) => `${policy.id} permits it to ${holders(policy)}`),
  ];
}

/** `the group dba`, as far as a head says. */
function holders({ json: { principal } }: Policy): string {
  const within = principal.op === 'is' ? principal.in : principal.op === 'All' ? undefined : principal;
  if (within === undefined || !('entity' in within))
    return principal.op === 'is' ? `${principal.entity_type}s` : 'others';
  const [type, id] = nameOf(within.entity).split(/::(.*)/s);
  return type === 'Group' ? `the group ${id}` : 'somebody else';
}
