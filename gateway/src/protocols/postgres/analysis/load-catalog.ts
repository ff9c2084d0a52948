import type { ColumnRule } from '../../../masking/rule.ts';
import { buildCatalog } from './build-catalog.ts';
import type { Catalog } from './catalog.ts';
import { catalogQuery, fingerprintQuery, readCatalogRows } from './catalog-queries.ts';
import type { SqlParser } from './sql-parser.ts';

/** Runs a query on the target and gives its rows as text. */
export type CatalogQuery = (sql: string) => Promise<(string | null)[][]>;

/**
 * Reads a target's catalog. Costs one small query where `known` is still what the target has.
 * @throws Error when the target can't be asked.
 */
export async function loadCatalog(
  query: CatalogQuery,
  rules: readonly ColumnRule[],
  parser: Pick<SqlParser, 'parse'>,
  known?: Catalog,
): Promise<Catalog> {
  if (known) {
    const [row] = await query(fingerprintQuery);
    if (row?.[0] === known.fingerprint) return known;
  }
  const { rows, fingerprint } = readCatalogRows(await query(catalogQuery));
  return buildCatalog(fingerprint, rows, rules, parser);
}
