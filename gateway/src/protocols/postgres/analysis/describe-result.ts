import type { RecordedColumn } from '@drawbridge/contract';
import { createMask, type ValueMask } from '../../../masking/mask.ts';
import type { MaskedColumn } from '../../../masking/rule-match.ts';
import { type Catalog, FIRST_USER_OID } from './catalog.ts';
import { fold } from './fold.ts';
import { maskRows } from './mask-rows.ts';
import type { Refusal, ResultMask, StatementPlan } from './plan.ts';
import { parseRowDescription, type ResultField } from './row-description.ts';
import { builtinTextTypes, typeName } from './type-names.ts';

export interface DescribeOptions {
  /** Undefined where the resource has no data rules. */
  readonly catalog?: Catalog;
  readonly hashKey?: Uint8Array;
  readonly formats?: readonly number[];
  /**
   * Set where the session has made or changed tables and the catalog was just read: what it doesn't know then is
   * the session's own, not yet committed, and holds nothing that was masked.
   */
  readonly unknownIsOwn?: boolean;
}

/** Said of a field whose origin the catalog doesn't know: it may have changed since it was read. */
export const UNKNOWN_ORIGIN = 'unknown origin';

/**
 * Plans the rows that a RowDescription announces.
 * @throws MalformedMessage
 */
export function describeResult(
  frame: Buffer,
  plan: Pick<StatementPlan, 'labels'>,
  { catalog, hashKey, formats, unknownIsOwn }: DescribeOptions,
): ResultMask | Refusal | typeof UNKNOWN_ORIGIN {
  const fields = parseRowDescription(frame);
  const columns: RecordedColumn[] = [];
  const masks: (ValueMask | undefined)[] = [];
  for (const [index, field] of fields.entries()) {
    const told = catalog ? originOf(field, catalog, plan.labels ?? none) : undefined;
    if (told === UNKNOWN_ORIGIN && !unknownIsOwn) return told;
    const origin = told === UNKNOWN_ORIGIN ? undefined : told;
    if (origin && 'sqlstate' in origin) return origin;
    const binary = formatOf(index, field, formats) !== 0;
    columns.push({
      name: field.name,
      type: typeName(field.type),
      format: binary ? 'binary' : 'text',
      ...(origin && { masked: { rule: origin.rule, mask: origin.mask, column: origin.column } }),
    });
    const text = builtinTextTypes.has(field.type) || catalog?.textTypes.has(field.type) === true;
    masks.push(origin && createMask(origin.mask, { text, ...(hashKey && { hashKey }) }));
  }
  const base = { columns, rowDescription: frame };
  return masks.some((mask) => mask !== undefined) ? { ...base, ...maskRows(masks) } : base;
}

const none: ReadonlySet<string> = new Set();

/** Bind's rule: no code means text for all, one is for all, else one a column (protocol-message-formats, Bind). */
const formatOf = (index: number, field: ResultField, formats: readonly number[] | undefined): number => {
  if (!formats) return field.format;
  return (formats.length === 1 ? formats[0] : formats[index]) ?? 0;
};

/** Whether a field shows a masked column, shows none, or can't be told. */
function originOf(
  { name, table, attribute }: ResultField,
  catalog: Catalog,
  labels: ReadonlySet<string>,
): MaskedColumn | Refusal | typeof UNKNOWN_ORIGIN | undefined {
  if (table === 0) return labels.has(fold(name)) ? lost(name) : undefined;
  const relation = catalog.relation(table);
  if (!relation) return UNKNOWN_ORIGIN;
  if (relation.taint !== undefined)
    return refusal(`${relation.schema}.${relation.name} can't be used: ${relation.taint}`);
  if (attribute === 0 && relation.masked.size > 0)
    return refusal(
      `result column ${name} is a whole row of ${relation.schema}.${relation.name}, which has masked columns`,
    );
  if (table < FIRST_USER_OID || attribute <= 0) return undefined;
  if (!relation.columns.has(attribute)) return UNKNOWN_ORIGIN;
  return relation.masked.get(attribute);
}

const refusal = (message: string): Refusal => ({ sqlstate: '42501', message });

const lost = (name: string): Refusal => ({
  ...refusal(`result column ${name} may be masked, but the target doesn't say where it comes from`),
  hint: 'Give computed columns other names than masked ones, and select masked columns directly from their table.',
});
