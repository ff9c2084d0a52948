import type { MaskKind, TextRule } from '@drawbridge/contract';

/** A column of a data rule, as it applies to one resource. `*` stands for any name. */
export interface ColumnRule {
  /** Name of the data rule document, shown to whoever meets it. */
  readonly rule: string;
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly mask: MaskKind;
}

/** What a data rule finds in text, as it applies to one resource. */
export type TextMaskingRule = TextRule & { readonly rule: string };

/** All that must be masked in one resource, in the order of the documents. */
export interface MaskingRules {
  readonly columns: readonly ColumnRule[];
  readonly text: readonly TextMaskingRule[];
}
