import type { PolicyJson, TypeAndId } from './cedar.ts';

/** Every entity that a policy names, in its head and in its conditions; each once. */
export function mentionsOf(policy: PolicyJson): TypeAndId[] {
  const found = new Map<string, TypeAndId>();
  collect([policy.principal, policy.action, policy.resource, policy.conditions], found);
  return [...found.values()];
}

/** Cedar's JSON writes an entity as `type` and `id` wherever it stands (docs.cedarpolicy.com, *JSON policy format*). */
function collect(node: unknown, found: Map<string, TypeAndId>): void {
  if (typeof node !== 'object' || node === null) return;
  if ('type' in node && 'id' in node && typeof node.type === 'string' && typeof node.id === 'string')
    found.set(`${node.type}::${node.id}`, { type: node.type, id: node.id });
  else for (const part of Object.values(node)) collect(part, found);
}
