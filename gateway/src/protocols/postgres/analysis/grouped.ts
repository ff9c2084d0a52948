import type { CatalogRow } from './catalog-queries.ts';

/** Rows by the OID that `entry` finds in each. */
export function grouped<Value>(
  rows: readonly CatalogRow[],
  entry: (row: CatalogRow) => readonly [string | null | undefined, Value],
): ReadonlyMap<number, Value[]> {
  const groups = new Map<number, Value[]>();
  for (const row of rows) {
    const [key, value] = entry(row);
    const group = groups.get(Number(key));
    if (group) group.push(value);
    else groups.set(Number(key), [value]);
  }
  return groups;
}
