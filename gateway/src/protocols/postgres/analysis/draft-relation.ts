import { type MaskedColumn, stricter } from '../../../masking/rule-match.ts';
import type { CatalogColumn, CatalogRelation } from './catalog.ts';

/** A relation while the catalog is being made. */
export interface DraftRelation extends CatalogRelation {
  readonly masked: Map<number, MaskedColumn>;
  readonly columns: Map<number, CatalogColumn>;
  readonly rowType: number;
  taint?: string;
  unread?: boolean;
}

/** Marks a column; true if that changed anything. */
export function mark(draft: DraftRelation, number: number, masked: MaskedColumn | undefined): boolean {
  if (!masked) return false;
  const before = draft.masked.get(number);
  const after = before ? stricter(before, masked) : masked;
  draft.masked.set(number, after);
  return after !== before;
}

/** The mask of a column that holds more than one masked value, or something made from it. */
export const hidden = (draft: DraftRelation, number: number, { rule }: MaskedColumn): MaskedColumn => ({
  rule,
  mask: 'full',
  column: `${draft.schema}.${draft.name}.${draft.columns.get(number)?.name ?? number}`,
});
