import type { ActionName } from '@drawbridge/contract';
import type { CedarValueJson, Expr, ExprNoExt } from './cedar.ts';
import { contextField } from './context-field.ts';
import type { Policy } from './policy-set.ts';
import { conditionOf, isFalse } from './residual.ts';
import { admits, nameOf, type Scope } from './scope.ts';
import { canBeIn, vocabulary } from './vocabulary.ts';

/** A resource, by what policies can name it by. */
export interface Reachable {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const ACTIONS = [...vocabulary.actions].map(([name, { group, resources }]) => {
  const self = `Action::${name}`;
  return { name, resources, named: { type: 'Action', self, within: new Set([self, `Action::${group}`]) } };
});

/** The actions that a policy can have a say in, in the order of the contract. */
export const actionsOf = ({ json }: Pick<Policy, 'json'>): ActionName[] =>
  ACTIONS.filter(
    ({ named, resources }) =>
      admits(json.action, named) && resources.some((type) => suits(json.resource, type)),
  ).map(({ name }) => name);

/** Whether a policy can have a say in what is done to a resource, or to anything inside of it. */
export function reaches(policy: Pick<Policy, 'json'>, resource: Reachable): boolean {
  const { json } = policy;
  const { resource: head } = json;
  const named = head.op === 'is' ? head.in : head.op === 'All' ? undefined : head;
  if (named !== undefined && 'entity' in named && !touches(nameOf(named.entity), resource)) return false;
  if (isAboutGateway(actionsOf(policy))) return false;
  return !isFalse(conditionOf(json, (expression) => isElsewhere(expression, resource)));
}

/** Whether actions are about nothing but the gateway itself. */
export const isAboutGateway = (actions: readonly ActionName[]): boolean =>
  actions.every((name) => vocabulary.actions.get(name)?.resources.every((type) => type === 'Gateway'));

/** Facts of the single statement, command, file or call that a policy asks for. */
export function factsAskedBy({ json }: Pick<Policy, 'json'>): string[] {
  const always = vocabulary.actions.get('access.connect')?.fields ?? new Set();
  const asked = new Set<string>();
  conditionOf(json, (expression) => {
    const field = contextField(expression);
    if (field !== undefined && !always.has(field.name)) asked.add(field.name);
    return undefined;
  });
  return [...asked];
}

/** Whether something of a type can be what a policy's head asks for. */
function suits(head: Scope['resource'], type: string): boolean {
  switch (head.op) {
    case 'All':
      return true;
    case '==':
      return 'entity' in head && typeOf(head.entity) === type;
    case 'in':
      return 'entity' in head && canBeIn(type, typeOf(head.entity));
    case 'is':
      return (
        head.entity_type === type &&
        (head.in === undefined || !('entity' in head.in) || canBeIn(type, typeOf(head.in.entity)))
      );
  }
}

const typeOf = (uid: Parameters<typeof nameOf>[0]): string =>
  '__entity' in uid ? uid.__entity.type : uid.type;

/** Whether a name is that of the resource, of one of its labels, or of a part of it. */
function touches(name: string, resource: Reachable): boolean {
  const [type = '', id = ''] = name.split(/::(.*)/s);
  if (type === 'Resource') return id === resource.name;
  if (type === 'Label') return hasLabel(id, resource);
  return id.startsWith(`${resource.name}/`);
}

const hasLabel = (id: string, { labels }: Reachable): boolean =>
  Object.entries(labels).some(([key, value]) => `${key}:${value}` === id);

/** `resource in …` and `resource == …` where they can be told: false elsewhere, true inside a label or a whole resource. */
function isElsewhere(of: Expr, resource: Reachable): boolean | undefined {
  const expression = of as ExprNoExt;
  const operands = 'in' in expression ? expression.in : '==' in expression ? expression['=='] : undefined;
  if (operands === undefined || !isResource(operands.left as ExprNoExt)) return undefined;
  const names = namesIn(operands.right as ExprNoExt);
  if (names === undefined) return undefined;
  const near = names.filter((name) => touches(name, resource));
  if (near.length === 0) return false;
  // Of a part, or by `==`, only some of what is inside.
  return 'in' in expression && near.some((name) => /^(?:Resource|Label)::/.test(name)) ? true : undefined;
}

const isResource = (expression: ExprNoExt): boolean => 'Var' in expression && expression.Var === 'resource';

function namesIn(expression: ExprNoExt): string[] | undefined {
  const parts = 'Set' in expression ? expression.Set : [expression];
  const names = parts.map((part) => entityIn(part as ExprNoExt));
  return names.every((name) => name !== undefined) ? names : undefined;
}

function entityIn(expression: ExprNoExt): string | undefined {
  if (!('Value' in expression)) return undefined;
  const value: CedarValueJson = expression.Value;
  if (typeof value !== 'object' || value === null || !('__entity' in value)) return undefined;
  const { __entity: uid } = value;
  return typeof uid === 'object' && uid !== null && 'type' in uid && 'id' in uid
    ? `${uid.type}::${uid.id}`
    : undefined;
}
