import { children, nodeAt, nodesAt, type SqlNode, textAt } from './sql-node.ts';

/** A relation as a text names it. */
export interface RelationName {
  /** Absent where the text leaves it to the search path. */
  readonly schema?: string;
  readonly name: string;
  /** ONLY: without the relations that inherit from it. */
  readonly only?: true;
}

/** What a write does to rows that may be referred to by foreign keys. */
export interface RowEffect {
  readonly deletes?: true;
  /** Names of the columns it changes. */
  readonly updates?: readonly string[];
  /** TRUNCATE … CASCADE. */
  readonly truncates?: true;
}

export interface Written extends RelationName {
  readonly effect?: RowEffect;
}

export const relationName = (rangeVar: SqlNode): RelationName => {
  const schema = textAt(rangeVar, 'schemaname');
  return {
    ...(schema && { schema }),
    name: textAt(rangeVar, 'relname'),
    ...(rangeVar.inh !== true && { only: true }),
  };
};

/** `public.customers`, or `customers` where the schema is left out. */
export const relationText = ({ schema, name }: RelationName): string => (schema ? `${schema}.${name}` : name);

export interface Relations {
  readonly reads: readonly RelationName[];
  readonly writes: readonly Written[];
  /** Created by the statement: CREATE TABLE, SELECT INTO, CREATE VIEW, … */
  readonly creates: readonly RelationName[];
  /** All of FROM that a row lock is taken on: FOR UPDATE, FOR SHARE. */
  readonly locks: readonly RelationName[];
  /** Whether it holds data-modifying statements, be it in a CTE. */
  readonly modifies: boolean;
}

interface Found {
  reads: RelationName[];
  writes: Written[];
  creates: RelationName[];
  locks: RelationName[];
  modifies: boolean;
}

/**
 * The relations that a query or data-modifying statement names, in any depth. Names of common table
 * expressions are left out where they are in scope, as PostgreSQL scopes them (queries-with, *WITH Queries*):
 * a plain WITH sees its earlier siblings, WITH RECURSIVE all of them.
 */
export function relationsOf(statement: SqlNode): Relations {
  const found: Found = { reads: [], writes: [], creates: [], locks: [], modifies: false };
  visit(statement, new Set(), found);
  return found;
}

type Scope = ReadonlySet<string>;

const modifying = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);
/** Where the name of a new relation stands. */
const makers: Readonly<Record<string, string>> = {
  IntoClause: 'rel',
  ViewStmt: 'view',
  CreateStmt: 'relation',
  CreateSeqStmt: 'sequence',
  CompositeTypeStmt: 'typevar',
};
const ofWith = new Set(['withClause']);

function visit(node: SqlNode, outer: Scope, found: Found): void {
  const scope = withScope(node, outer, found);
  if (node.kind === 'RangeVar') {
    const name = relationName(node);
    if (name.schema === undefined && scope.has(name.name)) return;
    found.reads.push(name);
    return;
  }
  if (node.kind === 'LockingClause') return; // names what FROM has already named
  const skip = new Set(ofWith);
  if (modifying.has(node.kind)) {
    found.modifies = true;
    skip.add('relation');
    const target = nodeAt(node, 'relation');
    if (target) found.writes.push({ ...relationName(target), ...effectOf(node) });
    // Everything but a plain INSERT without RETURNING looks at the rows that are there.
    if (target && (node.kind !== 'InsertStmt' || node.returningClause || node.onConflictClause)) {
      found.reads.push(relationName(target));
    }
  }
  const field = Object.hasOwn(makers, node.kind) ? makers[node.kind] : undefined;
  if (field !== undefined) {
    skip.add(field);
    const created = nodeAt(node, field);
    if (created) found.creates.push(relationName(created));
  }
  const before = found.reads.length;
  for (const each of childrenExcept(node, skip)) visit(each, scope, found);
  if (node.kind === 'SelectStmt' && nodesAt(node, 'lockingClause').length > 0) {
    found.locks.push(...found.reads.slice(before));
  }
}

function effectOf(node: SqlNode): { readonly effect?: RowEffect } {
  const clauses = [node, ...nodesAt(node, 'mergeWhenClauses')];
  const conflict = nodeAt(node, 'onConflictClause');
  if (conflict) clauses.push(conflict);
  const deletes = clauses.some(
    (each) => each.kind === 'DeleteStmt' || textAt(each, 'commandType') === 'CMD_DELETE',
  );
  const updating = clauses.filter(
    (each) =>
      each.kind === 'UpdateStmt' ||
      each.kind === 'OnConflictClause' ||
      textAt(each, 'commandType') === 'CMD_UPDATE',
  );
  const updates = updating.flatMap((each) =>
    nodesAt(each, 'targetList').map((target) => textAt(target, 'name')),
  );
  if (!deletes && updates.length === 0) return {};
  return { effect: { ...(deletes && { deletes }), ...(updates.length > 0 && { updates }) } };
}

/** Visits the CTEs of a statement, each in the scope it has, and gives the scope of the statement itself. */
function withScope(node: SqlNode, outer: Scope, found: Found): Scope {
  const clause = nodeAt(node, 'withClause');
  if (!clause) return outer;
  const expressions = nodesAt(clause, 'ctes');
  const all = new Set([...outer, ...expressions.map((each) => textAt(each, 'ctename'))]);
  const recursive = clause.recursive === true;
  let scope: Scope = recursive ? all : outer;
  for (const each of expressions) {
    for (const inner of children(each)) visit(inner, scope, found);
    if (!recursive) scope = new Set([...scope, textAt(each, 'ctename')]);
  }
  return all;
}

function* childrenExcept(node: SqlNode, skip: ReadonlySet<string>): Generator<SqlNode> {
  const rest: Record<string, unknown> & { kind: string } = { kind: node.kind };
  for (const field of Object.keys(node)) if (!skip.has(field)) rest[field] = node[field];
  yield* children(rest);
}

/** Every relation name in the tree, whatever stands there: also CTEs and what is created. For looking too closely. */
export function* everyRangeVar(node: SqlNode): Generator<SqlNode> {
  if (node.kind === 'RangeVar') yield node;
  if (node.kind === 'LockingClause') return;
  for (const each of children(node)) yield* everyRangeVar(each);
}
