/**
 * The parse nodes of queries and data-modifying statements that the masking check was written for. What a later
 * PostgreSQL adds is refused until somebody has looked at it.
 */
export const checkedKinds: ReadonlySet<string> = new Set(
  `
  SelectStmt InsertStmt UpdateStmt DeleteStmt MergeStmt MergeWhenClause ReturningClause ReturningOption
  OnConflictClause InferClause IndexElem WithClause CommonTableExpr CTESearchClause CTECycleClause IntoClause
  ResTarget MultiAssignRef SetToDefault ColumnRef A_Star String Integer Float Boolean BitString A_Const Null List
  ParamRef A_Expr BoolExpr NullTest BooleanTest CaseExpr CaseWhen CoalesceExpr MinMaxExpr SubLink A_ArrayExpr
  RowExpr A_Indirection A_Indices TypeCast TypeName CollateClause FuncCall NamedArgExpr WindowDef SortBy
  GroupingSet GroupingFunc SQLValueFunction CurrentOfExpr MergeSupportFunc XmlExpr XmlSerialize
  RangeVar Alias JoinExpr RangeSubselect RangeFunction RangeTableFunc RangeTableFuncCol RangeTableSample
  LockingClause ColumnDef
  JsonFormat JsonReturning JsonOutput JsonValueExpr JsonArgument JsonFuncExpr JsonBehavior JsonIsPredicate
  JsonKeyValue JsonParseExpr JsonScalarExpr JsonSerializeExpr JsonObjectConstructor JsonArrayConstructor
  JsonArrayQueryConstructor JsonAggConstructor JsonObjectAgg JsonArrayAgg JsonTable JsonTableColumn
  JsonTablePathSpec
  Constraint PartitionBoundSpec PartitionRangeDatum PartitionSpec PartitionElem PartitionCmd RoleSpec AlterTableCmd
  TableLikeClause DefElem ReplicaIdentityStmt
  `
    .trim()
    .split(/\s+/),
);

/**
 * Expressions that are keywords since PostgreSQL 16 or 17: an older server reads them as calls of functions of
 * these names, which somebody may have made.
 */
export const keywordFunctions: Readonly<Record<string, readonly string[]>> = {
  JsonObjectConstructor: ['json_object'],
  JsonObjectAgg: ['json_objectagg'],
  JsonArrayConstructor: ['json_array'],
  JsonArrayQueryConstructor: ['json_array'],
  JsonArrayAgg: ['json_arrayagg'],
  JsonParseExpr: ['json'],
  JsonScalarExpr: ['json_scalar'],
  JsonSerializeExpr: ['json_serialize'],
  JsonFuncExpr: ['json_exists', 'json_query', 'json_value'],
  JsonTable: ['json_table'],
  MergeSupportFunc: ['merge_action'],
};
