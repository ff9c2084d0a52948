import type { SqlColumn } from '../ipc/sql-port.ts';
import type { MaskNote } from './mask-notes.ts';
import { typeName } from './type-names.ts';

/** The columns of a RowDescription as the console shows them, with what the gateway said about their masks. */
export const sqlColumns = (
  columns: readonly { readonly name: string; readonly typeOid: number }[],
  masks: ReadonlyMap<number, MaskNote>,
  types: ReadonlyMap<number, string>,
): SqlColumn[] =>
  columns.map(({ name, typeOid }, index) => {
    const note = masks.get(index);
    const masked = note && { rule: note.rule, mask: note.mask, column: note.column };
    return { name, typeOid, typeName: typeName(typeOid, types), ...(masked && { masked }) };
  });
