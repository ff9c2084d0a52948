import type { MaskKind } from '@drawbridge/contract';

/** A column of a data rule, as it applies to one resource. `*` stands for any name. */
export interface MaskingRule {
  /** Name of the data rule document, shown to whoever meets it. */
  readonly rule: string;
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly mask: MaskKind;
}
