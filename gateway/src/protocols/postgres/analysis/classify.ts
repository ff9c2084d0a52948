import type { ActionName } from '@drawbridge/contract';
import { addCalls, addSetting } from './called-functions.ts';
import { conditionsOf } from './conditions.ts';
import { relationsInLists, wholeSchemas } from './named-objects.ts';
import type { Refusal } from './plan.ts';
import { type RelationName, relationName, relationsOf } from './relations.ts';
import { constantText, descend, isNode, nodeAt, nodesAt, type SqlNode, textAt } from './sql-node.ts';
import { plainStatements } from './statement-verbs.ts';
import { type Classification, Tally } from './tally.ts';

const queryVerbs: Readonly<Record<string, string>> = {
  SelectStmt: 'select',
  InsertStmt: 'insert',
  UpdateStmt: 'update',
  DeleteStmt: 'delete',
  MergeStmt: 'merge',
};

/** Classifies one statement. Whatever isn't fully understood comes out as `sql.unanalyzable`, never as nothing. */
export function classify(statement: SqlNode): Classification {
  const tally = new Tally(verbOf(statement));
  if (statement.kind === 'PrepareStmt') {
    prepareActions(statement, tally);
    return tally.result();
  }
  const planned = statement.kind === 'ExplainStmt' && !isAnalyze(statement);
  if (planned) plannedActions(statement, tally);
  else statementActions(statement, tally);
  if (running.has(statement.kind)) {
    const { verb, changesRows, hasWhere } = conditionsOf(explained(statement));
    tally.hasWhere = hasWhere;
    tally.changesRows = changesRows && !planned;
    if (verb !== undefined && !planned) tally.verb = verb;
  }
  addCalls(statement, tally, planned);
  for (const node of descend(statement))
    if (node.kind === 'ExecuteStmt') tally.executes.add(textAt(node, 'name'));
  return tally.result();
}

/** Statements that run the queries in them at once. */
const running = new Set([...Object.keys(queryVerbs), 'ExplainStmt', 'CopyStmt', 'CreateTableAsStmt']);

const verbOf = ({ kind }: SqlNode): string => queryVerbs[kind] ?? plainStatements[kind]?.verb ?? 'unknown';

function statementActions(node: SqlNode, tally: Tally): void {
  const special = queryVerbs[node.kind] ? queryActions : specials[node.kind];
  const plain = plainStatements[node.kind];
  if (special) special(node, tally);
  else if (plain) plainActions(node, plain.actions, tally);
  else tally.add('sql.unanalyzable', node.kind);
}

function plainActions(node: SqlNode, actions: readonly ActionName[], tally: Tally): void {
  const relations = relationsOf(node);
  for (const name of actions) {
    const objects = [...relations.creates, ...(hasQuery(node) ? [] : relations.reads)];
    for (const relation of [...objects, ...relationsInLists(node)]) tally.touch(name, relation);
    for (const schema of wholeSchemas(node)) tally.touchSchema(name, schema);
    if (!tally.has(name)) tally.add(name);
  }
  if (hasQuery(node)) queryActions(node, tally);
}

const hasQuery = (node: SqlNode): boolean => isNode(node.query) || node.kind === 'RuleStmt';

function queryActions(node: SqlNode, tally: Tally): void {
  const { reads, writes, creates, locks } = relationsOf(node);
  for (const relation of reads) tally.touch('sql.read', relation);
  for (const relation of writes)
    tally.touch(isSystem(relation) ? 'sql.exec' : 'sql.write', relation, relation.effect);
  for (const relation of creates) tally.touch('sql.ddl', relation);
  // A row lock makes writers wait, and PostgreSQL itself asks for more than SELECT to take one.
  for (const relation of locks) tally.touch('sql.write', relation);
  if (locks.length > 0 && node.kind === 'SelectStmt') tally.verb = 'select for update';
  if (creates.length > 0 && node.kind === 'SelectStmt') tally.verb = 'select into';
  if (writes.some(({ name }) => name === 'pg_settings')) tally.refusal = settingsView;
  if (!tally.has('sql.read') && !tally.has('sql.write')) tally.add('sql.read');
}

/** An UPDATE of pg_settings calls set_config for each row (its rewrite rule), with names nobody can foresee. */
const settingsView: Refusal = {
  sqlstate: '42501',
  message: 'pg_settings can only be read here',
  hint: 'Use SET to change a setting.',
};

const isSystem = ({ schema, name }: RelationName): boolean =>
  schema === 'pg_catalog' ||
  schema === 'information_schema' ||
  (schema === undefined && name.startsWith('pg_'));

const specials: Readonly<Record<string, (node: SqlNode, tally: Tally) => void>> = {
  ExplainStmt: (node, tally) => inner(node, 'explain', tally),
  DeclareCursorStmt: (node, tally) => {
    tally.declares = textAt(node, 'portalname');
    inner(node, 'declare', tally);
  },
  FetchStmt: (node, tally) => {
    tally.add('sql.session');
    tally.fetches.add(textAt(node, 'portalname'));
  },
  // A procedure may do anything, end the transaction for one: see `addCalls`.
  CallStmt: () => undefined,
  CopyStmt: copyActions,
  CreateSchemaStmt: (node, tally) => {
    tally.add('sql.ddl');
    for (const element of nodesAt(node, 'schemaElts')) statementActions(element, tally);
  },
  TransactionStmt: transactionActions,
  TruncateStmt: (node, tally) => {
    const effect = textAt(node, 'behavior') === 'DROP_CASCADE' ? { truncates: true as const } : undefined;
    for (const relation of nodesAt(node, 'relations'))
      tally.touch('sql.write', relationName(relation), effect);
  },
  VariableSetStmt: setActions,
  AlterRoleSetStmt: (node, tally) => alterSetActions(node, 'alter role', tally),
  AlterDatabaseSetStmt: (node, tally) => alterSetActions(node, 'alter database', tally),
  LockStmt: lockActions,
};

/** PREPARE runs nothing; what it names is decided on when EXECUTE runs it. */
function prepareActions(node: SqlNode, tally: Tally): void {
  const query = nodeAt(node, 'query');
  if (!query) {
    tally.add('sql.unanalyzable', node.kind);
    return;
  }
  const statement = classify(query);
  tally.verb = `prepare ${statement.verb}`;
  tally.add('sql.session');
  tally.prepares = { name: textAt(node, 'name'), statement };
  tally.refusal = statement.refusal;
  tally.hasWhere = statement.context.hasWhere === true;
  for (const table of statement.tables) tally.tables.add(table);
  for (const name of namesIn(statement.context.functions)) tally.functions.add(name);
}

const namesIn = (fact: Classification['context'][string] | undefined): readonly string[] =>
  Array.isArray(fact) ? fact : [];

const explained = (node: SqlNode): SqlNode =>
  node.kind === 'ExplainStmt' ? (nodeAt(node, 'query') ?? node) : node;

/** Whether EXPLAIN runs what it explains. Whatever isn't clearly a no is a yes. */
function isAnalyze(node: SqlNode): boolean {
  const options = nodesAt(node, 'options').filter((option) => textAt(option, 'defname') === 'analyze');
  return options.some((option) => {
    const value = nodeAt(option, 'arg');
    if (value?.kind === 'Boolean') return value.boolval === true;
    if (value?.kind === 'Integer') return (value.ival ?? 0) !== 0;
    return value?.kind !== 'String' || !['false', 'off'].includes(textAt(value, 'sval').toLowerCase());
  });
}

/** Plain EXPLAIN shows what statistics say of each relation, and changes nothing. */
function plannedActions(node: SqlNode, tally: Tally): void {
  const planned = new Tally(tally.verb);
  inner(node, 'explain', planned);
  const { verb, acts, refusal } = planned;
  tally.verb = verb;
  tally.refusal = refusal;
  for (const { name, relation } of acts)
    if (relation && name !== 'sql.ddl') tally.touch('sql.read', relation);
  if (planned.has('sql.unanalyzable')) tally.add('sql.unanalyzable', node.kind);
  if (tally.acts.length === 0) tally.add('sql.read');
}

function inner(node: SqlNode, verb: string, tally: Tally): void {
  const query = nodeAt(node, 'query');
  if (!query) {
    tally.add('sql.unanalyzable', node.kind);
    return;
  }
  tally.verb = verb;
  statementActions(query, tally);
  tally.verb = `${verb} ${verbOf(query)}`;
}

function copyActions(node: SqlNode, tally: Tally): void {
  tally.verb = node.is_from === true ? 'copy from' : 'copy to';
  const relation = nodeAt(node, 'relation');
  const query = nodeAt(node, 'query');
  // A file or a program of the server: neither the gateway nor the recording would see what passes.
  if (node.is_program === true || textAt(node, 'filename') !== '') tally.add('sql.exec');
  if (relation) {
    const name = relationName(relation);
    tally.touch('sql.copy', name);
    if (node.is_from !== true) tally.touch('sql.read', name);
    else tally.touch(isSystem(name) ? 'sql.exec' : 'sql.write', name);
  }
  if (query) {
    const { verb } = tally;
    statementActions(query, tally);
    tally.verb = verb;
    for (const { name, relation: read } of tally.acts)
      if (read && name === 'sql.read') tally.touch('sql.copy', read);
    if (!tally.has('sql.copy')) tally.add('sql.copy');
  }
  if (!relation && !query) tally.add('sql.unanalyzable', node.kind);
}

function transactionActions(node: SqlNode, tally: Tally): void {
  const kind = textAt(node, 'subkind').replace('TRANS_STMT_', '').toLowerCase().replaceAll('_', ' ');
  tally.verb = kind === 'prepare' ? 'prepare transaction' : kind;
  // Two-phase transactions outlive the session, and with it everything that watches over it.
  tally.add(kind === 'prepare' || kind.endsWith('prepared') ? 'sql.exec' : 'sql.session');
}

function setActions(node: SqlNode, tally: Tally): void {
  const kind = textAt(node, 'subkind');
  tally.verb = kind.startsWith('VAR_RESET') ? 'reset' : 'set';
  addSetting(textAt(node, 'name'), settingValue(node), tally);
}

function alterSetActions(node: SqlNode, verb: string, tally: Tally): void {
  tally.verb = verb;
  tally.add('sql.ddl');
  const set = nodeAt(node, 'setstmt');
  if (set) addSetting(textAt(set, 'name'), settingValue(set), tally);
}

function settingValue(node: SqlNode): string | 'default' | undefined {
  const kind = textAt(node, 'subkind');
  if (kind === 'VAR_SET_DEFAULT' || kind === 'VAR_RESET' || kind === 'VAR_RESET_ALL') return 'default';
  const [only, ...rest] = nodesAt(node, 'args');
  return rest.length === 0 ? constantText(only) : undefined;
}

function lockActions(node: SqlNode, tally: Tally): void {
  tally.verb = 'lock table';
  // ACCESS SHARE (1) is what a SELECT takes; pg_dump asks for it by name.
  const name = Number(node.mode ?? 0) === 1 ? 'sql.session' : 'sql.write';
  for (const relation of nodesAt(node, 'relations')) tally.touch(name, relationName(relation));
}
