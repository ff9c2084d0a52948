import type { EntityUidJson, PolicyJson } from './cedar.ts';
import type { CedarRequest } from './question.ts';

/** Somebody or something that is asked about, by the names that policies can have for it. */
export interface Named {
  readonly type: string;
  /** `Type::id` of itself. */
  readonly self: string;
  /** The same of itself and of everything that it is in. */
  readonly within: ReadonlySet<string>;
}

export interface Asked {
  readonly principal: Named;
  readonly action: Named;
  readonly resource: Named;
}

type Constraint = PolicyJson['principal'] | PolicyJson['action'] | PolicyJson['resource'];
export type Scope = Pick<PolicyJson, 'principal' | 'action' | 'resource'>;

export function nameOf(uid: EntityUidJson): string {
  const { type, id } = '__entity' in uid ? uid.__entity : uid;
  return `${type}::${id}`;
}

/** What a request asks about. `actionGroup` is the action that its action is in. */
export function askedIn({ principal, action, resource, entities }: CedarRequest, actionGroup: string): Asked {
  const parents = new Map(entities.map((entity) => [nameOf(entity.uid), entity.parents]));
  const named = (uid: CedarRequest['principal']): Named => {
    const self = nameOf(uid);
    const within = new Set([self]);
    // A set that is walked meets what is added meanwhile.
    for (const each of within) for (const parent of parents.get(each) ?? []) within.add(nameOf(parent));
    return { type: uid.type, self, within };
  };
  const does = nameOf(action);
  return {
    principal: named(principal),
    action: { type: 'Action', self: does, within: new Set([does, `Action::${actionGroup}`]) },
    resource: named(resource),
  };
}

/** Whether a policy's head lets it have a say at all; its conditions are another matter. */
export const matches = (scope: Scope, asked: Asked): boolean =>
  admits(scope.principal, asked.principal) &&
  admits(scope.action, asked.action) &&
  admits(scope.resource, asked.resource);

/** Whether one part of a head admits what is asked about. */
export function admits(constraint: Constraint, named: Named): boolean {
  switch (constraint.op) {
    case 'All':
      return true;
    case '==':
      return 'entity' in constraint && nameOf(constraint.entity) === named.self;
    case 'in':
      return mentionedIn(constraint).some((name) => named.within.has(name));
    case 'is':
      return (
        constraint.entity_type === named.type &&
        (!constraint.in || admits({ op: 'in', ...constraint.in }, named))
      );
  }
}

/** Names in one part of a head. */
export function mentionedIn(constraint: Constraint): string[] {
  if (constraint.op === 'All') return [];
  if (constraint.op === 'is') return constraint.in ? mentionedIn({ op: 'in', ...constraint.in }) : [];
  if ('entities' in constraint) return constraint.entities.map(nameOf);
  return 'entity' in constraint ? [nameOf(constraint.entity)] : [];
}
