import type { MaskKind } from '@drawbridge/contract';
import type { ColumnRule } from './rule.ts';

/** A column that must be masked, and by what. */
export interface MaskedColumn {
  /** Name of the data rule that decided. */
  readonly rule: string;
  readonly mask: MaskKind;
  /** The column as people read it: `public.customers.ssn`. */
  readonly column: string;
}

/** From what hides most to what hides least; where several rules name a column, the first of these holds. */
export const strictestFirst: readonly MaskKind[] = ['null', 'full', 'hash', 'last4', 'email'];

/** The stricter of two masks of the same column; the first where they are alike. */
export const stricter = (a: MaskedColumn, b: MaskedColumn): MaskedColumn =>
  strictestFirst.indexOf(b.mask) < strictestFirst.indexOf(a.mask) ? b : a;

/**
 * What the rules say about one column, undefined where none names it. Upper and lower case count as alike: a
 * rule that masks one column more is a nuisance, one that misses `"SSN"` a leak.
 */
export function matchRule(
  rules: readonly ColumnRule[],
  schema: string,
  table: string,
  column: string,
): MaskedColumn | undefined {
  let found: MaskedColumn | undefined;
  for (const each of rules) {
    if (!alike(each.column, column) || !alike(each.table, table) || !alike(each.schema, schema)) continue;
    const match = { rule: each.rule, mask: each.mask, column: `${schema}.${table}.${column}` };
    found = found ? stricter(found, match) : match;
  }
  return found;
}

const alike = (pattern: string, name: string): boolean =>
  pattern === '*' || pattern === name || pattern.toLowerCase() === name.toLowerCase();
