/**
 * A node of a parse tree: PostgreSQL's own struct names as `kind`, its own field names as fields. Fields that
 * have their default (0, false, empty) are absent, as the parser leaves them out.
 */
export interface SqlNode {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** Thrown where a tree holds something this gateway has no rule for. What isn't understood is refused. */
export class UnknownSyntax extends Error {
  override readonly name = 'UnknownSyntax';
}

/** Deeper trees than this serve no person and would exhaust the stack of what walks them. */
const DEEPEST = 1500;

/**
 * The parser writes most children as `{ "Kind": { … } }` but leaves the kind out where the C struct has a
 * pointer of one type. These are those fields (source: pg_query.proto of PostgreSQL 18).
 */
const inlineKinds: Readonly<Record<string, string>> = {
  'ParseResult.stmts': 'RawStmt',
  'A_Const.ival': 'Integer',
  'A_Const.fval': 'Float',
  'A_Const.boolval': 'Boolean',
  'A_Const.sval': 'String',
  'A_Const.bsval': 'BitString',
  'CopyStmt.relation': 'RangeVar',
  'InsertStmt.onConflictClause': 'OnConflictClause',
  'OnConflictClause.infer': 'InferClause',
  'TypeCast.typeName': 'TypeName',
  'FuncCall.over': 'WindowDef',
  'CallStmt.funccall': 'FuncCall',
  'ColumnDef.identitySequence': 'RangeVar',
  'ColumnDef.collClause': 'CollateClause',
  'CreateDomainStmt.collClause': 'CollateClause',
  'PartitionCmd.name': 'RangeVar',
  'PartitionCmd.bound': 'PartitionBoundSpec',
  'CreateStmt.partbound': 'PartitionBoundSpec',
  'CreateStmt.partspec': 'PartitionSpec',
  'CreateStmt.ofTypename': 'TypeName',
  'CreateForeignTableStmt.base': 'CreateStmt',
  'Constraint.pktable': 'RangeVar',
  'CreateSchemaStmt.authrole': 'RoleSpec',
  'AlterTableCmd.newowner': 'RoleSpec',
  'AlterOwnerStmt.newowner': 'RoleSpec',
  'ReassignOwnedStmt.newrole': 'RoleSpec',
  'GrantStmt.grantor': 'RoleSpec',
  'GrantRoleStmt.grantor': 'RoleSpec',
  'AlterDefaultPrivilegesStmt.action': 'GrantStmt',
  'CreateTableSpaceStmt.owner': 'RoleSpec',
  'CreateUserMappingStmt.user': 'RoleSpec',
  'AlterUserMappingStmt.user': 'RoleSpec',
  'DropUserMappingStmt.user': 'RoleSpec',
  'CreatePolicyStmt.table': 'RangeVar',
  'AlterPolicyStmt.table': 'RangeVar',
  'CreateTrigStmt.constrrel': 'RangeVar',
  'AlterRoleStmt.role': 'RoleSpec',
  'AlterRoleSetStmt.role': 'RoleSpec',
  'CreateSeqStmt.sequence': 'RangeVar',
  'AlterSeqStmt.sequence': 'RangeVar',
  'CreateOpClassStmt.datatype': 'TypeName',
  'CreateOpClassItem.name': 'ObjectWithArgs',
  'CreateOpClassItem.storedtype': 'TypeName',
  'CreateFunctionStmt.returnType': 'TypeName',
  'FunctionParameter.argType': 'TypeName',
  'AlterFunctionStmt.func': 'ObjectWithArgs',
  'AlterObjectDependsStmt.extname': 'String',
  'AlterOperatorStmt.opername': 'ObjectWithArgs',
  'CompositeTypeStmt.typevar': 'RangeVar',
  'ViewStmt.view': 'RangeVar',
  'CreateTableAsStmt.into': 'IntoClause',
  'IntoClause.rel': 'RangeVar',
  'CreateCastStmt.sourcetype': 'TypeName',
  'CreateCastStmt.targettype': 'TypeName',
  'CreateCastStmt.func': 'ObjectWithArgs',
  'CreateTransformStmt.type_name': 'TypeName',
  'CreateTransformStmt.fromsql': 'ObjectWithArgs',
  'CreateTransformStmt.tosql': 'ObjectWithArgs',
  'PublicationObjSpec.pubtable': 'PublicationTable',
  'SelectStmt.larg': 'SelectStmt',
  'SelectStmt.rarg': 'SelectStmt',
  'JsonReturning.format': 'JsonFormat',
  'JsonIsPredicate.format': 'JsonFormat',
  'JsonTableColumn.format': 'JsonFormat',
  'JsonValueExpr.format': 'JsonFormat',
  'JsonArrayQueryConstructor.format': 'JsonFormat',
  'JsonOutput.returning': 'JsonReturning',
  'JsonArgument.val': 'JsonValueExpr',
  'JsonKeyValue.value': 'JsonValueExpr',
  'JsonTable.context_item': 'JsonValueExpr',
  'JsonFuncExpr.context_item': 'JsonValueExpr',
  'JsonParseExpr.expr': 'JsonValueExpr',
  'JsonSerializeExpr.expr': 'JsonValueExpr',
  'JsonTable.pathspec': 'JsonTablePathSpec',
  'JsonTableColumn.pathspec': 'JsonTablePathSpec',
  'JsonTable.on_error': 'JsonBehavior',
  'JsonTableColumn.on_empty': 'JsonBehavior',
  'JsonTableColumn.on_error': 'JsonBehavior',
  'JsonFuncExpr.on_empty': 'JsonBehavior',
  'JsonFuncExpr.on_error': 'JsonBehavior',
  'JsonObjectAgg.arg': 'JsonKeyValue',
  'JsonArrayAgg.arg': 'JsonValueExpr',
  'JsonObjectAgg.constructor': 'JsonAggConstructor',
  'JsonArrayAgg.constructor': 'JsonAggConstructor',
};

/** The same, for names that mean one kind wherever they stand. */
const inlineKindsAnywhere: Readonly<Record<string, string>> = {
  alias: 'Alias',
  join_using_alias: 'Alias',
  relation: 'RangeVar',
  typeName: 'TypeName',
  withClause: 'WithClause',
  returningClause: 'ReturningClause',
  intoClause: 'IntoClause',
  setstmt: 'VariableSetStmt',
  output: 'JsonOutput',
  over: 'WindowDef',
  search_clause: 'CTESearchClause',
  cycle_clause: 'CTECycleClause',
};

type Json = { readonly [key: string]: unknown };
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const child = (parent: string, field: string, value: unknown, depth: number): unknown => {
  if (Array.isArray(value)) return value.map((each) => child(parent, field, each, depth + 1));
  if (!isObject(value)) return value;
  const keys = Object.keys(value);
  const [first] = keys;
  if (first === undefined) {
    // An empty object in a list is a NULL pointer (`SELECT DISTINCT` has one); on its own, a struct of defaults.
    const kind = inlineKinds[`${parent}.${field}`] ?? inlineKindsAnywhere[field];
    return { kind: kind ?? 'Null' };
  }
  if (keys.length === 1 && first.charCodeAt(0) < 91 /* a capital */)
    return sqlNode(first, value[first], depth + 1);
  const kind = inlineKinds[`${parent}.${field}`] ?? inlineKindsAnywhere[field];
  if (kind === undefined) throw new UnknownSyntax(`${parent}.${field}`);
  return sqlNode(kind, value, depth + 1);
};

/**
 * The parser's JSON as uniform nodes.
 * @throws UnknownSyntax for children whose kind can't be told, and for trees that are too deep.
 */
export function sqlNode(kind: string, json: unknown, depth = 0): SqlNode {
  if (depth > DEEPEST) throw new UnknownSyntax('an expression nested too deeply');
  if (!isObject(json)) throw new UnknownSyntax(kind);
  const node: Record<string, unknown> & { kind: string } = { kind };
  for (const field of Object.keys(json)) {
    // Some structs have a field `kind` of their own (A_Expr, VariableSetStmt, …).
    node[field === 'kind' ? 'subkind' : field] = child(kind, field, json[field], depth);
  }
  return node;
}

export const isNode = (value: unknown): value is SqlNode => isObject(value) && typeof value.kind === 'string';

/** The node in a field, if there is one. */
export const nodeAt = (node: SqlNode, field: string): SqlNode | undefined => {
  const value = node[field];
  return isNode(value) ? value : undefined;
};

/** The nodes of a list field; none where it is absent. */
export const nodesAt = (node: SqlNode, field: string): readonly SqlNode[] => {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
};

/** A text field; empty where it is absent. */
export const textAt = (node: SqlNode, field: string): string => {
  const value = node[field];
  return typeof value === 'string' ? value : '';
};

/** A list of names (`String` nodes). Other nodes give an empty name, so that positions hold. */
export const namesAt = (node: SqlNode, field: string): readonly string[] => nodesAt(node, field).map(nameOf);

/** The text of a `String` node; empty for any other. */
export const nameOf = (node: SqlNode): string => (node.kind === 'String' ? textAt(node, 'sval') : '');

/** Every node right under this one, through lists, in the order of the fields. */
export function* children(node: SqlNode): Generator<SqlNode> {
  for (const field of Object.keys(node)) yield* nodesIn(node[field]);
}

function* nodesIn(value: unknown): Generator<SqlNode> {
  if (Array.isArray(value)) for (const each of value) yield* nodesIn(each);
  else if (isNode(value)) yield value;
}

/** The node and all below it, parents first. */
export function* descend(node: SqlNode): Generator<SqlNode> {
  yield node;
  for (const each of children(node)) yield* descend(each);
}

/** The text of a string constant, undefined for anything else. */
export const constantText = (node: SqlNode | undefined): string | undefined => {
  if (node?.kind !== 'A_Const') return undefined;
  const value = nodeAt(node, 'sval');
  return value === undefined ? undefined : textAt(value, 'sval');
};
