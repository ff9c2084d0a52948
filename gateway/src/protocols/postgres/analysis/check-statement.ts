import type { Catalog, CatalogRelation } from './catalog.ts';
import { checkCalls } from './check-calls.ts';
import { ReferenceCheck } from './check-references.ts';
import { checkRelation } from './check-relation.ts';
import { checkUse, isHarmless } from './masked-statements.ts';
import { ReferenceScope } from './reference-scope.ts';
import { Refused } from './refused.ts';
import { everyRangeVar, type RelationName, relationName, relationsOf } from './relations.ts';
import { nodeAt, type SqlNode } from './sql-node.ts';

/** What the masking check found in a statement that it lets pass. */
export interface Checked {
  /** Whether it names a relation with masked columns. */
  readonly touches: boolean;
  /** Whether it writes to one, or to a relation whose triggers may read one. */
  readonly writes: boolean;
  /** Folded names under which masked columns stand in its result. */
  readonly labels: ReadonlySet<string>;
  /** Relations it reads or writes that the catalog doesn't know. */
  readonly unknown: readonly RelationName[];
}

/**
 * Checks one statement against the masked columns of a catalog.
 * @throws Refused when it could show a masked value, or tell something about one.
 */
export function checkStatement(statement: SqlNode, catalog: Catalog): Checked {
  if (isHarmless(statement)) return { touches: false, writes: false, labels: new Set(), unknown: [] };
  for (const rangeVar of everyRangeVar(statement)) checkRelation(rangeVar, catalog);
  checkCalls(statement, catalog.userDefined);
  const scope = new ReferenceScope(statement, catalog);
  const check = new ReferenceCheck(scope);
  checkUse(statement, { scope, check });
  const { reads, writes } = relationsOf(statement);
  const targets = [...writes, ...copied(statement)].flatMap((name) => catalog.lookup(name));
  for (const target of targets) checkTarget(target);
  const named = statement.missing_ok === true ? [] : [...reads, ...writes];
  return {
    touches: scope.touched.size > 0,
    writes: targets.some((relation) => relation.masked.size > 0 || relation.triggers),
    labels: check.labels,
    unknown: named.filter((name) => catalog.lookup(name).length === 0),
  };
}

function checkTarget({ rewrites, schema, name }: CatalogRelation): void {
  if (rewrites)
    throw new Refused(`${schema}.${name} has rewrite rules, which can't be checked for masked columns`);
}

const copied = (statement: SqlNode): readonly RelationName[] => {
  const relation =
    statement.kind === 'CopyStmt' && statement.is_from === true ? nodeAt(statement, 'relation') : undefined;
  return relation ? [relationName(relation)] : [];
};
