import { descend, nodeAt, type SqlNode } from './sql-node.ts';

/** Statements that change rows, the most drastic first, and where their condition stands. */
const changing: readonly (readonly [kind: string, verb: string, condition: string | undefined])[] = [
  ['DeleteStmt', 'delete', 'whereClause'],
  ['UpdateStmt', 'update', 'whereClause'],
  ['MergeStmt', 'merge', 'joinCondition'],
  ['InsertStmt', 'insert', undefined],
];

export interface Conditions {
  /** The most drastic of what it does to rows, in any depth: `delete` for a SELECT with a DELETE in its WITH. */
  readonly verb?: string;
  /** It runs UPDATE, DELETE or MERGE. */
  readonly changesRows: boolean;
  /**
   * Whether it is limited by a condition: each UPDATE, DELETE and MERGE in it, in any depth, where there are any. A
   * condition that looks at no column (`WHERE true`) is none.
   */
  readonly hasWhere: boolean;
}

/** What is done to rows by a statement that runs, and on what conditions. */
export function conditionsOf(statement: SqlNode): Conditions {
  const kinds = new Set<string>();
  const conditions: boolean[] = [];
  for (const node of descend(statement)) {
    const [kind, , field] = changing.find(([each]) => each === node.kind) ?? [];
    if (kind !== undefined) kinds.add(kind);
    if (field !== undefined) conditions.push(limits(nodeAt(node, field)));
  }
  const verb = changing.find(([kind]) => kinds.has(kind))?.[1];
  return {
    ...(verb !== undefined && { verb }),
    changesRows: conditions.length > 0,
    hasWhere: conditions.length > 0 ? conditions.every(Boolean) : limits(nodeAt(statement, 'whereClause')),
  };
}

/** The most drastic of several verbs; undefined where none of them changes rows. */
export const mostDrastic = (verbs: readonly string[]): string | undefined =>
  changing.find(([, verb]) => verbs.includes(verb))?.[1];

function limits(condition: SqlNode | undefined): boolean {
  if (!condition) return false;
  for (const { kind } of descend(condition))
    if (kind === 'ColumnRef' || kind === 'CurrentOfExpr') return true;
  return false;
}
