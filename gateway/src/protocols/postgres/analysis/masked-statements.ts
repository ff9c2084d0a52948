import type { MaskedColumn } from '../../../masking/rule-match.ts';
import type { ReferenceCheck } from './check-references.ts';
import { fold } from './fold.ts';
import type { ReferenceScope } from './reference-scope.ts';
import { maskedColumn, Refused } from './refused.ts';
import { descend, namesAt, nodeAt, nodesAt, type SqlNode, textAt } from './sql-node.ts';

interface Use {
  readonly scope: ReferenceScope;
  readonly check: ReferenceCheck;
}

/**
 * Statements that neither show, copy nor compute with values of tables, nor change what the rules mean.
 * (What notifications carry is withheld by the relay.)
 */
const harmless: ReadonlySet<string> = new Set(
  `
  TransactionStmt VariableSetStmt VariableShowStmt DiscardStmt ConstraintsSetStmt
  ListenStmt UnlistenStmt NotifyStmt LockStmt
  FetchStmt ClosePortalStmt DeallocateStmt CheckPointStmt TruncateStmt DropStmt VacuumStmt ReindexStmt
  GrantStmt GrantRoleStmt AlterDefaultPrivilegesStmt AlterOwnerStmt ReassignOwnedStmt DropOwnedStmt
  CommentStmt CreateRoleStmt AlterRoleStmt AlterRoleSetStmt DropRoleStmt
  CreateSeqStmt AlterSeqStmt CreateEnumStmt AlterEnumStmt CompositeTypeStmt
  `
    .trim()
    .split(/\s+/),
);

export const isHarmless = (statement: SqlNode): boolean =>
  harmless.has(statement.kind) || (statement.kind === 'CreateSchemaStmt' && !statement.schemaElts);

/**
 * Checks how a statement uses masked columns, by its kind. A kind that has no rule here is refused: functions,
 * triggers, rules, policies, casts, operators, foreign tables, publications and DO blocks could each carry masked
 * values out in a way that nothing after them would show.
 * @throws Refused
 */
export function checkUse(statement: SqlNode, use: Use): void {
  if (isHarmless(statement)) return;
  const rule = Object.hasOwn(rules, statement.kind) ? rules[statement.kind] : undefined;
  if (!rule) throw unchecked(statement.kind);
  rule(statement, use);
}

const unchecked = (kind: string): Refused => {
  const words = kind
    .replace(/Stmt$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
  return new Refused(
    `${words} statements can't be checked on a resource with data rules`,
    'They could carry values of masked columns past the mask. Ask whoever administers the database.',
  );
};

const outermost = (statement: SqlNode, { check }: Use): void => check.outermost(statement);
const visitAll = (statement: SqlNode, { check }: Use): void => {
  for (const field of Object.keys(statement)) for (const node of nodesIn(statement, field)) check.visit(node);
};
const nodesIn = (statement: SqlNode, field: string): readonly SqlNode[] => {
  const one = nodeAt(statement, field);
  return one ? [one] : nodesAt(statement, field);
};
const inner = (statement: SqlNode, use: Use): void => {
  const query = nodeAt(statement, 'query');
  if (query) checkUse(query, use);
};

const rules: Readonly<Record<string, (statement: SqlNode, use: Use) => void>> = {
  SelectStmt: outermost,
  InsertStmt: outermost,
  UpdateStmt: outermost,
  DeleteStmt: outermost,
  MergeStmt: outermost,
  ExplainStmt: inner,
  PrepareStmt: inner,
  DeclareCursorStmt: inner,
  ExecuteStmt: (statement, { check }) => {
    for (const parameter of nodesAt(statement, 'params')) check.visit(parameter);
  },
  CopyStmt: copy,
  ViewStmt: (statement, { check }) => {
    const query = nodeAt(statement, 'query');
    if (query) check.visit(query);
  },
  CreateTableAsStmt: createTableAs,
  RefreshMatViewStmt: () => undefined,
  CreateStmt: createTable,
  IndexStmt: createIndex,
  CreateStatsStmt: (_statement, { scope }) => untouched(scope),
  ClusterStmt: (statement, { scope }) => {
    if (!statement.relation)
      throw new Refused('CLUSTER needs the name of a table on a resource with data rules');
    // Clustering by a masked column puts the rows in its order.
    untouched(scope);
  },
  AlterTableStmt: alterTable,
  RenameStmt: rename,
  AlterObjectSchemaStmt: rename,
};

function untouched(scope: ReferenceScope): void {
  const masked = scope.anyColumn;
  if (masked) throw changes(masked);
}

const changes = ({ column, rule }: MaskedColumn): Refused =>
  new Refused(
    `this would change a table with column ${column}, which is masked by rule ${rule}`,
    'Rules name columns; a change of name, type or place could take a column out of its rule.',
  );

function copy(statement: SqlNode, { scope, check }: Use): void {
  const query = nodeAt(statement, 'query');
  const where = nodeAt(statement, 'whereClause');
  if (query) check.visit(query);
  if (where) check.visit(where);
  const relation = nodeAt(statement, 'relation');
  if (!relation || statement.is_from === true) return;
  const [masked] = scope.maskedAt(relation).flatMap((each) => [...each.masked.values()]);
  if (!masked) return;
  const names = namesAt(statement, 'attlist');
  const named = names.map((name) => scope.columns.get(fold(name))).find((each) => each !== undefined);
  if (names.length > 0 && !named) return;
  throw maskedColumn(
    named ?? masked,
    relation,
    'Name the columns to copy, without masked ones: COPY table (column, …) TO STDOUT.',
  );
}

function createTableAs(statement: SqlNode, { check }: Use): void {
  const query = nodeAt(statement, 'query');
  if (query?.kind === 'ExecuteStmt') {
    throw new Refused(
      "CREATE TABLE AS EXECUTE can't be checked on a resource with data rules",
      'Write the query out instead of executing a prepared one.',
    );
  }
  if (query) check.visit(query);
}

/** New tables take no values along. */
function createTable(statement: SqlNode, use: Use): void {
  keys(statement, use.scope);
  for (const element of nodesAt(statement, 'tableElts')) use.check.visit(element);
}

/** Keys make the server compare values: whether one can be made tells something about all of them. */
function keys(statement: SqlNode, scope: ReferenceScope): void {
  for (const node of descend(statement)) {
    if (node.kind !== 'Constraint') continue;
    const referenced = nodeAt(node, 'pktable');
    const names = [...namesAt(node, 'keys'), ...namesAt(node, 'fk_attrs'), ...namesAt(node, 'pk_attrs')];
    const masked = names.map((name) => scope.columns.get(fold(name))).find((each) => each !== undefined);
    if (masked) throw maskedColumn(masked, node, 'Make keys of columns that are not masked.');
    if (referenced && scope.maskedAt(referenced).length > 0 && namesAt(node, 'pk_attrs').length === 0) {
      throw new Refused(
        'a foreign key to a table with masked columns has to name the column it references',
        undefined,
        node,
      );
    }
  }
}

function createIndex(statement: SqlNode, { scope, check }: Use): void {
  const where = nodeAt(statement, 'whereClause');
  if (where) check.visit(where);
  for (const element of nodesAt(statement, 'indexParams')) {
    // An index on a masked column as it is shows nothing; a unique one tells whether values repeat.
    if (textAt(element, 'name') === '' || statement.unique === true || scope.touched.size === 0)
      check.visit(element);
  }
}

/** Changes of a masked table that leave its columns' names, types, places and values as they are. */
const mildChanges: ReadonlySet<string> = new Set(
  `
  AT_AddColumn AT_ColumnDefault AT_DropNotNull AT_SetNotNull AT_SetStatistics AT_SetStorage AT_SetCompression
  AT_DropColumn AT_AddConstraint AT_ValidateConstraint AT_DropConstraint AT_ChangeOwner AT_DropCluster
  AT_SetLogged AT_SetTableSpace AT_SetRelOptions AT_ResetRelOptions AT_EnableRowSecurity AT_ForceRowSecurity
  AT_ReplicaIdentity AT_AttachPartition
  `
    .trim()
    .split(/\s+/),
);

function alterTable(statement: SqlNode, use: Use): void {
  const { scope } = use;
  const relation = nodeAt(statement, 'relation');
  const masked = relation && scope.maskedAt(relation).length > 0;
  for (const command of nodesAt(statement, 'cmds')) {
    if (masked && !mildChanges.has(textAt(command, 'subtype'))) throw changes(scope.anyColumn ?? noColumn);
    // Attaching or detaching a masked table moves it out from under, or under, another's rules.
    const other = nodesIn(command, 'def').flatMap((def) => nodesIn(def, 'name'));
    if (!masked && other.some((each) => scope.maskedAt(each).length > 0)) untouched(scope);
  }
  keys(statement, scope);
  visitAll(statement, use);
}

const noColumn: MaskedColumn = { column: '?', rule: '?', mask: 'full' };

const renamable = new Set(
  'OBJECT_TABLE OBJECT_COLUMN OBJECT_INDEX OBJECT_SEQUENCE OBJECT_VIEW OBJECT_MATVIEW OBJECT_TABCONSTRAINT OBJECT_ROLE OBJECT_DATABASE OBJECT_TRIGGER OBJECT_POLICY'.split(
    ' ',
  ),
);

/** A schema, function or operator under another name could take the place of one that was checked. */
function rename(statement: SqlNode, { scope }: Use): void {
  untouched(scope);
  const type = textAt(statement, 'renameType') || textAt(statement, 'objectType');
  if (renamable.has(type)) return;
  throw new Refused(
    `${type.replace('OBJECT_', '').toLowerCase()}s can't be renamed or moved on a resource with data rules`,
    'Rules and checks go by names.',
  );
}
