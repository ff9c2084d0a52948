import type { Catalog } from './catalog.ts';
import { checkCalls } from './check-calls.ts';
import { Refused } from './refused.ts';
import { relationsOf } from './relations.ts';
import type { SqlNode } from './sql-node.ts';

/** What EXPLAIN plans. */
const planned: ReadonlySet<string> = new Set([
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
]);

/**
 * The tables of a statement, by OID, where having it planned by somebody else tells the same and can do nothing: the
 * planner runs immutable and stable functions, so none of them, no operator and no cast may be user-defined. Each table has
 * to be one whatever the search path; views are left out, since functions may stand in them.
 */
export function estimable(
  statements: readonly { readonly node: SqlNode }[],
  catalog: Catalog,
): readonly number[] | undefined {
  const [first, ...more] = statements;
  if (first === undefined || more.length > 0 || !planned.has(first.node.kind)) return undefined;
  try {
    checkCalls(first.node, catalog.userDefined);
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
  const { reads, writes, creates, locks } = relationsOf(first.node);
  if (creates.length > 0) return undefined;
  const tables = new Set<number>();
  for (const name of [...reads, ...writes, ...locks]) {
    const [meant, ...others] = catalog.lookup(name);
    if (meant === undefined || others.length > 0) return undefined;
    if ((meant.kind !== 'r' && meant.kind !== 'p') || meant.rewrites) return undefined;
    tables.add(meant.oid);
  }
  return [...tables];
}
