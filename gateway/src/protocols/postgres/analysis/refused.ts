import type { MaskedColumn } from '../../../masking/rule-match.ts';
import type { Refusal } from './plan.ts';
import type { SqlNode } from './sql-node.ts';

/** Thrown inside the analysis to leave it at the first thing that can't be allowed. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;
  /** Byte offset of what is refused in the text; undefined where it has none. */
  readonly location: number | undefined;

  constructor(message: string, hint?: string, at?: SqlNode) {
    super(message);
    this.refusal = { sqlstate: '42501', message, ...(hint !== undefined && { hint }) };
    this.location = typeof at?.location === 'number' ? at.location : undefined;
  }
}

const asItIs =
  'Select it as a plain column of the outermost SELECT or RETURNING; leave it out of expressions, conditions, sorting, grouping, subqueries and copies.';

/** For a masked column met anywhere but as a plain output column. */
export const maskedColumn = ({ column, rule }: MaskedColumn, at?: SqlNode, hint = asItIs): Refused =>
  new Refused(`column ${column} is masked by rule ${rule} and can only be selected as it is`, hint, at);
