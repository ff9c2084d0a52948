import type { AnnotationProblem } from './annotations.ts';
import type { Expr, PolicyJson } from './cedar.ts';
import { contextField } from './context-field.ts';
import type { PolicyRequirement } from './requirement.ts';
import { conditionOf, isFalse, isTrue } from './residual.ts';

type Kind = PolicyRequirement['kind'];
type Fields = ReadonlyMap<string, boolean | number | undefined>;

const unless = {
  approve: 'context.approved',
  justify: 'context.hasReason',
  mfa: 'context has mfaSeconds && context.mfaSeconds <= 900',
} as const satisfies Record<Kind, string>;

/**
 * Requirements of a forbid that nobody could lift it by meeting. Found out by putting met and unmet into its conditions:
 * what still depends on other facts then is taken to be liftable.
 */
export function unliftable(
  policy: Pick<PolicyJson, 'conditions'>,
  requirements: readonly PolicyRequirement[],
): AnnotationProblem[] {
  const met = (which: readonly PolicyRequirement[]) =>
    conditionOf(policy, (expression) =>
      known(expression, new Map(requirements.flatMap((each) => [...fieldsOf(each, which.includes(each))]))),
    );
  const every = isTrue(met(requirements));
  const never = isFalse(met([]));
  return requirements.flatMap((requirement) => {
    const others = subsets(requirements.filter((each) => each !== requirement));
    const matters = others.some(
      (some) => JSON.stringify(met(some)) !== JSON.stringify(met([...some, requirement])),
    );
    const why = every
      ? 'the forbid applies all the same once it is met'
      : never
        ? 'the forbid only applies once it is met'
        : matters
          ? undefined
          : 'the forbid does not ask for it';
    if (why === undefined) return [];
    const ending =
      requirement.kind === 'justify' && requirement.ticket ? 'context.hasTicket' : unless[requirement.kind];
    const message = `@${requirement.kind} can never be met: ${why}; end it with unless { ${ending} }`;
    return [{ annotation: requirement.kind, message }];
  });
}

/** The fields of `context` that a requirement sets, as they are once it is met, or before. */
function fieldsOf(requirement: PolicyRequirement, isMet: boolean): Fields {
  switch (requirement.kind) {
    case 'approve':
      return new Map([['approved', isMet]]);
    case 'justify':
      // Whether a reason that needs no ticket names one is not known.
      if (!requirement.ticket) return new Map([['hasReason', isMet]]);
      return new Map(
        isMet
          ? [
              ['hasReason', true],
              ['hasTicket', true],
            ]
          : [['hasTicket', false]],
      );
    case 'mfa':
      return new Map([['mfaSeconds', isMet ? requirement.seconds : undefined]]);
  }
}

/** `undefined` among the fields: it isn't there. */
function known(expression: Expr, fields: Fields): boolean | number | undefined {
  const field = contextField(expression);
  if (field === undefined || !fields.has(field.name)) return undefined;
  const value = fields.get(field.name);
  return field.asked === 'has' ? value !== undefined : value;
}

function subsets<T>(all: readonly T[]): T[][] {
  const some: T[][] = [[]];
  for (const each of all) some.push(...some.map((one) => [...one, each]));
  return some;
}
