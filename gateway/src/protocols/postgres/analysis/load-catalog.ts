import type { MaskingRule } from '../../../masking/rule.ts';
import { buildCatalog } from './build-catalog.ts';
import type { Catalog } from './catalog.ts';
import { type CatalogRows, catalogQueries, fingerprintQuery } from './catalog-queries.ts';
import type { SqlParser } from './sql-parser.ts';

/** Runs a query on the target and gives its rows as text. */
export type CatalogQuery = (sql: string) => Promise<(string | null)[][]>;

/** How often to start over when the schema changes while it is read. */
const ATTEMPTS = 3;

/**
 * Reads a target's catalog. Costs one small query where `known` is still what the target has.
 * @throws Error when the target can't be asked, or its schema keeps changing.
 */
export async function loadCatalog(
  query: CatalogQuery,
  rules: readonly MaskingRule[],
  parser: Pick<SqlParser, 'parse'>,
  known?: Catalog,
): Promise<Catalog> {
  let fingerprint = await readFingerprint(query);
  if (known && known.fingerprint === fingerprint) return known;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const rows = await readRows(query);
    const after = await readFingerprint(query);
    if (after === fingerprint) return buildCatalog(fingerprint, rows, rules, parser);
    fingerprint = after;
  }
  throw new Error('the schema of the target changes faster than it can be read');
}

async function readFingerprint(query: CatalogQuery): Promise<string> {
  const [row] = await query(fingerprintQuery);
  const fingerprint = row?.[0];
  if (fingerprint === null || fingerprint === undefined) throw new Error("the target's catalog can't be read");
  return fingerprint;
}

/** One after another: it may all go through one connection. */
async function readRows(query: CatalogQuery): Promise<CatalogRows> {
  const rows: { [Name in keyof CatalogRows]?: CatalogRows[Name] } = {};
  for (const name of Object.keys(catalogQueries) as (keyof CatalogRows)[]) rows[name] = await query(catalogQueries[name]);
  return rows as CatalogRows;
}
