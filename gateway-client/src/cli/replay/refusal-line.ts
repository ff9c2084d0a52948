import { printable } from '../output/printable.ts';
import type { Style } from '../output/style.ts';

/** Why something was refused, and by which policies, under the line that says what. */
export function refusalLine(
  style: Style,
  reason: string | undefined,
  policies: readonly string[] | undefined,
): string {
  const by = policies && policies.length > 0 ? style.dim(` (${policies.map(printable).join(', ')})`) : '';
  return `           ${style.bad('✗ refused:')} ${printable(reason ?? 'refused by policy')}${by}`;
}
