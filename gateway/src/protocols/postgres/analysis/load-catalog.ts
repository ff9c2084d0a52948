import type { ColumnRule } from '../../../masking/rule.ts';
import { buildCatalog } from './build-catalog.ts';
import type { Catalog } from './catalog.ts';
import {
  type CatalogRows,
  catalogQuery,
  fingerprintAndLocksQuery,
  fingerprintQuery,
  readCatalogRows,
} from './catalog-queries.ts';
import type { SqlParser } from './sql-parser.ts';

/** Runs a query on the target and gives its rows as text. */
export type CatalogQuery = (sql: string) => Promise<(string | null)[][]>;

/**
 * Reads a target's catalog. Costs one small query where `known` is still what the target has. Waits for no lock on a
 * table, or only a moment: a view whose definition data rules need is left unread while one of its tables is locked.
 * @throws Error when the target can't be asked.
 */
export async function loadCatalog(
  query: CatalogQuery,
  rules: readonly ColumnRule[],
  parser: Pick<SqlParser, 'parse'>,
  known?: Catalog,
): Promise<Catalog> {
  if (known && (await isCurrent(known, query, rules.length > 0))) return known;
  const { rows, fingerprint } = await readRows(query, rules.length > 0);
  return buildCatalog(fingerprint, rows, rules, parser);
}

async function isCurrent(known: Catalog, query: CatalogQuery, masking: boolean): Promise<boolean> {
  const unread = [...known.unread];
  const [row] = await query(unread.length > 0 ? fingerprintAndLocksQuery : fingerprintQuery(masking));
  if (row?.[0] !== known.fingerprint) return false;
  const locked = new Set(row[1]?.split(' ').map(Number));
  return unread.every((oid) => locked.has(oid));
}

async function readRows(
  query: CatalogQuery,
  masking: boolean,
): Promise<{ rows: CatalogRows; fingerprint: string }> {
  if (!masking) return readCatalogRows(await query(catalogQuery('queries')));
  // A lock may come in between looking for locks and reading; the next time it is seen.
  for (const views of ['definitions', 'definitions'] as const) {
    try {
      return readCatalogRows(await query(catalogQuery(views)));
    } catch (error) {
      if (!isLocked(error)) throw error;
    }
  }
  return readCatalogRows(await query(catalogQuery('unread')));
}

/** lock_not_available (errcodes-appendix). */
const isLocked = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '55P03';
