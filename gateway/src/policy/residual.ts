import type { Expr, ExprNoExt, PolicyJson } from './cedar.ts';

/** What an expression is known to be; undefined where it isn't. Asked for each part of an expression, the outer first. */
export type Known = (expression: Expr) => boolean | number | string | undefined;

/** What is left of an expression once all that is known is put in; `{ Value }` where that is everything. */
export type Residual = Expr;

const value = (of: boolean | number | string): Expr => ({ Value: of });
const TRUE = value(true);
const FALSE = value(false);

/**
 * When a policy's conditions hold, with what is known put in: true, false, or what it still depends on. Without
 * conditions that is true. Where an expression could fail, that is passed over.
 */
export const conditionOf = ({ conditions }: Pick<PolicyJson, 'conditions'>, known: Known): Residual =>
  conditions
    .map(({ kind, body }) => (kind === 'when' ? residual(body, known) : not(residual(body, known))))
    .reduce(and, TRUE);

/** Three-valued evaluation of Cedar's JSON expressions (docs.cedarpolicy.com, *JSON policy format*). */
function residual(whole: Expr, known: Known): Residual {
  // A call of a function, like `ip("…")`, has none of these operators: only its arguments are looked at.
  const expression = whole as ExprNoExt;
  const told = known(expression);
  if (told !== undefined) return value(told);
  if ('!' in expression) return not(residual(expression['!'].arg, known));
  if ('&&' in expression) return and(...sides(expression['&&'], known));
  if ('||' in expression) return or(...sides(expression['||'], known));
  if ('if-then-else' in expression) {
    const { if: condition, then, else: otherwise } = expression['if-then-else'];
    const chosen = residual(condition, known);
    if (isValue(chosen)) return residual(chosen.Value === true ? then : otherwise, known);
  }
  if ('Value' in expression || 'Var' in expression || 'Slot' in expression) return expression;
  const inner = map(expression, (part) => residual(part, known));
  return compared(inner) ?? inner;
}

const sides = ({ left, right }: { left: Expr; right: Expr }, known: Known): [Expr, Expr] => [
  residual(left, known),
  residual(right, known),
];

function not(expression: Expr): Expr {
  if (isValue(expression)) return value(expression.Value !== true);
  const negated = expression as ExprNoExt;
  return '!' in negated ? negated['!'].arg : { '!': { arg: expression } };
}

function and(left: Expr, right: Expr): Expr {
  if (isFalse(left) || isFalse(right)) return FALSE;
  if (isTrue(left)) return right;
  return isTrue(right) ? left : { '&&': { left, right } };
}

function or(left: Expr, right: Expr): Expr {
  if (isTrue(left) || isTrue(right)) return TRUE;
  if (isFalse(left)) return right;
  return isFalse(right) ? left : { '||': { left, right } };
}

/** A comparison of two numbers, texts or truths. */
function compared(expression: Expr): Expr | undefined {
  for (const [operator, compare] of COMPARISONS) {
    const operands = (expression as Readonly<Record<string, unknown>>)[operator];
    if (!isPair(operands)) continue;
    const [left, right] = [plainValue(operands.left), plainValue(operands.right)];
    if (left === undefined || typeof left !== typeof right) return undefined;
    return value(compare(left, right as typeof left));
  }
  return undefined;
}

type Plain = boolean | number | string;
const COMPARISONS: readonly (readonly [string, (left: Plain, right: Plain) => boolean])[] = [
  ['==', (left, right) => left === right],
  ['!=', (left, right) => left !== right],
  ['<', (left, right) => left < right],
  ['<=', (left, right) => left <= right],
  ['>', (left, right) => left > right],
  ['>=', (left, right) => left >= right],
];

const isPair = (operands: unknown): operands is { left: Expr; right: Expr } =>
  typeof operands === 'object' && operands !== null && 'left' in operands && 'right' in operands;

function plainValue(expression: Expr): Plain | undefined {
  if (!isValue(expression)) return undefined;
  const of = expression.Value;
  return typeof of === 'boolean' || typeof of === 'number' || typeof of === 'string' ? of : undefined;
}

const isValue = (expression: Expr): expression is { Value: Extract<Expr, { Value: unknown }>['Value'] } =>
  'Value' in expression;
export const isTrue = (expression: Residual): boolean => isValue(expression) && expression.Value === true;
export const isFalse = (expression: Residual): boolean => isValue(expression) && expression.Value === false;

/** Where Cedar's JSON keeps expressions within one. */
const OPERANDS: readonly string[] = ['arg', 'left', 'right', 'in', 'if', 'then', 'else'];

/** The same expression with each of its operands changed. What is no expression (names, patterns) stays. */
function map(expression: Expr, change: (part: Expr) => Expr): Expr {
  const [entry] = Object.entries(expression) as [string, unknown][];
  if (entry === undefined) return expression;
  const [operator, operands] = entry;
  if (Array.isArray(operands)) return { [operator]: operands.map((part: Expr) => change(part)) };
  if (typeof operands !== 'object' || operands === null) return expression;
  const changed = Object.entries(operands).map(([name, operand]: [string, unknown]) => [
    name,
    // Of an operator the operands that are expressions; of a record every value.
    operator === 'Record' || OPERANDS.includes(name) ? change(operand as Expr) : operand,
  ]);
  return { [operator]: Object.fromEntries(changed) } as Expr;
}
