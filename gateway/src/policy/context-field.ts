import type { Expr, ExprNoExt } from './cedar.ts';

/** The field that `context.x` reads or `context has x` asks for; undefined for any other expression. */
export function contextField(of: Expr): { name: string; asked: 'value' | 'has' } | undefined {
  // Calls of functions have neither operator.
  const expression = of as ExprNoExt;
  if ('.' in expression) {
    const { left, attr } = expression['.'];
    return isContext(left) ? { name: attr, asked: 'value' } : undefined;
  }
  if ('has' in expression) {
    const { left, attr } = expression.has;
    return isContext(left) && typeof attr === 'string' ? { name: attr, asked: 'has' } : undefined;
  }
  return undefined;
}

const isContext = (expression: Expr): boolean => 'Var' in expression && expression.Var === 'context';
