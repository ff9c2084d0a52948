import type { ActionName } from '@drawbridge/contract';
import type { Action } from '../../../policy/decision.ts';
import { builtinEffect } from './builtin-functions.ts';
import type { Refusal } from './plan.ts';
import { type RelationName, relationName, relationsOf, relationText } from './relations.ts';
import { judgeSetting } from './settings.ts';
import {
  constantText,
  descend,
  isNode,
  nameOf,
  namesAt,
  nodeAt,
  nodesAt,
  type SqlNode,
  textAt,
} from './sql-node.ts';
import { plainStatements } from './statement-verbs.ts';

/** One thing a statement does. */
export interface Act {
  readonly name: ActionName;
  /** The relation it is done to. */
  readonly relation?: RelationName;
  /** What it is done to or with where that is no relation: a function, a setting, a kind of statement. */
  readonly object?: string;
}

/** What one statement does, in the words of policy. */
export interface Classification {
  readonly verb: string;
  readonly acts: readonly Act[];
  readonly tables: readonly string[];
  /** Facts for policies, the same for every act. */
  readonly context: Action['context'];
  /** Set where no permission helps: it would make gateway and server disagree on what a text means. */
  readonly refusal?: Refusal;
}

/** What a statement is found to do, gathered on the way through it. */
class Tally {
  verb: string;
  hasWhere = false;
  refusal: Refusal | undefined;
  readonly functions = new Set<string>();
  readonly tables = new Set<string>();
  readonly #acts = new Map<string, Act>();

  constructor(verb: string) {
    this.verb = verb;
  }

  add(name: ActionName, object?: string): void {
    this.#acts.set(`${name} ${object ?? ''}`, { name, ...(object !== undefined && { object }) });
  }

  touch(name: ActionName, relation: RelationName): void {
    const text = relationText(relation);
    this.tables.add(text);
    this.#acts.set(`${name} relation ${text}`, { name, relation });
  }

  has(name: ActionName): boolean {
    return [...this.#acts.values()].some((each) => each.name === name);
  }

  result(): Classification {
    const tables = [...this.tables];
    return {
      verb: this.verb,
      acts: [...this.#acts.values()],
      tables,
      context: { verb: this.verb, tables, hasWhere: this.hasWhere, functions: [...this.functions] },
      ...(this.refusal && { refusal: this.refusal }),
    };
  }
}

const queryVerbs: Readonly<Record<string, string>> = {
  SelectStmt: 'select',
  InsertStmt: 'insert',
  UpdateStmt: 'update',
  DeleteStmt: 'delete',
  MergeStmt: 'merge',
};

/** Classifies one statement. Whatever isn't fully understood comes out as `sql.unanalyzable`, never as nothing. */
export function classify(statement: SqlNode): Classification {
  const tally = new Tally(queryVerbs[statement.kind] ?? plainStatements[statement.kind]?.verb ?? 'unknown');
  statementActions(statement, tally);
  callActions(statement, tally);
  return tally.result();
}

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
    for (const relation of objects) tally.touch(name, relation);
    if (node.kind === 'DropStmt') for (const dropped of droppedRelations(node)) tally.touch(name, dropped);
    if (!tally.has(name)) tally.add(name);
  }
  if (hasQuery(node)) queryActions(node, tally);
}

const hasQuery = (node: SqlNode): boolean => isNode(node.query) || node.kind === 'RuleStmt';

function queryActions(node: SqlNode, tally: Tally): void {
  const { reads, writes, creates, locks } = relationsOf(node);
  for (const relation of reads) tally.touch('sql.read', relation);
  for (const relation of writes) tally.touch(isSystem(relation) ? 'sql.exec' : 'sql.write', relation);
  for (const relation of creates) tally.touch('sql.ddl', relation);
  // A row lock makes writers wait, and PostgreSQL itself asks for more than SELECT to take one.
  for (const relation of locks) tally.touch('sql.write', relation);
  if (locks.length > 0 && node.kind === 'SelectStmt') tally.verb = 'select for update';
  if (creates.length > 0 && node.kind === 'SelectStmt') tally.verb = 'select into';
  if (writes.some(({ name }) => name === 'pg_settings')) tally.refusal = settingsView;
  tally.hasWhere = isNode(node.whereClause) || (node.kind === 'MergeStmt' && isNode(node.joinCondition));
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
  PrepareStmt: (node, tally) => inner(node, 'prepare', tally),
  DeclareCursorStmt: (node, tally) => inner(node, 'declare', tally),
  CopyStmt: copyActions,
  TransactionStmt: transactionActions,
  VariableSetStmt: setActions,
  AlterRoleSetStmt: (node, tally) => alterSetActions(node, 'alter role', tally),
  AlterDatabaseSetStmt: (node, tally) => alterSetActions(node, 'alter database', tally),
  LockStmt: lockActions,
};

function inner(node: SqlNode, verb: string, tally: Tally): void {
  const query = nodeAt(node, 'query');
  if (!query) {
    tally.add('sql.unanalyzable', node.kind);
    return;
  }
  tally.verb = verb;
  statementActions(query, tally);
  tally.verb = `${verb} ${queryVerbs[query.kind] ?? plainStatements[query.kind]?.verb ?? ''}`.trim();
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
    tally.add('sql.copy');
    const { verb } = tally;
    statementActions(query, tally);
    tally.verb = verb;
  }
  tally.hasWhere = isNode(node.whereClause);
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
  judge(textAt(node, 'name'), settingValue(node), tally);
}

function alterSetActions(node: SqlNode, verb: string, tally: Tally): void {
  tally.verb = verb;
  tally.add('sql.ddl');
  const set = nodeAt(node, 'setstmt');
  if (set) judge(textAt(set, 'name'), settingValue(set), tally);
}

function judge(name: string, value: string | undefined, tally: Tally): void {
  const effect = judgeSetting(name, value);
  if (typeof effect === 'object') tally.refusal = effect;
  tally.add(effect === 'exec' ? 'sql.exec' : 'sql.session', effect === 'exec' ? name : undefined);
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

const relationObjects = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_FOREIGN_TABLE',
  'OBJECT_SEQUENCE',
  'OBJECT_INDEX',
]);

/** DROP gives names as lists, not as RangeVar. */
export function droppedRelations(node: SqlNode): readonly RelationName[] {
  if (!relationObjects.has(textAt(node, 'removeType'))) return [];
  return nodesAt(node, 'objects').map((list) => {
    const names = namesAt(list, 'items');
    const schema = names.at(-2);
    return { ...(schema !== undefined && { schema }), name: names.at(-1) ?? '' };
  });
}

/** What the functions called anywhere in a statement add. */
function callActions(statement: SqlNode, tally: Tally): void {
  for (const node of descend(statement)) {
    if (node.kind !== 'FuncCall') continue;
    const names = namesAt(node, 'funcname');
    const name = names.at(-1) ?? '';
    const builtin = names.length === 1 || names.at(-2) === 'pg_catalog';
    tally.functions.add(builtin ? name : names.join('.'));
    if (statement.kind === 'CallStmt') continue;
    const effect = builtin ? builtinEffect(name) : undefined;
    if (name === 'set_config' && builtin) setConfigActions(node, statement, tally);
    else if (effect === 'write') tally.add('sql.write');
    else if (effect === 'session') tally.add('sql.session');
    else if (effect === undefined) tally.add('sql.exec', names.join('.'));
  }
}

/**
 * `set_config(name, value, is_local)` is SET in an expression. The name has to be a constant, or the column of
 * `FROM pg_settings WHERE name = '…'`, which is how pg_dump asks for a setting that older servers don't know.
 */
function setConfigActions(call: SqlNode, statement: SqlNode, tally: Tally): void {
  const [first, second] = nodesAt(call, 'args');
  const name = constantText(first) ?? (isColumn(first, 'name') ? settingOf(call, statement) : undefined);
  if (name !== undefined) judge(name, constantText(second), tally);
  else tally.refusal = unnamedSetting;
}

const unnamedSetting: Refusal = {
  sqlstate: '42501',
  message: 'set_config needs the name of the setting as a constant',
  hint: "Write set_config('search_path', …, false), or use SET.",
};

const isColumn = (node: SqlNode | undefined, name: string): boolean =>
  node?.kind === 'ColumnRef' && namesAt(node, 'fields').join('.') === name;

/** The one name that `SELECT call FROM pg_settings WHERE name = 'x'` is about. */
function settingOf(call: SqlNode, statement: SqlNode): string | undefined {
  const [from, ...more] = nodesAt(statement, 'fromClause');
  const where = nodeAt(statement, 'whereClause');
  // In a subquery `name` could be another table's.
  if (!nodesAt(statement, 'targetList').some((target) => target.val === call)) return undefined;
  if (statement.kind !== 'SelectStmt' || from?.kind !== 'RangeVar' || more.length > 0 || !where)
    return undefined;
  if (textAt(from, 'relname') !== 'pg_settings' || statement.withClause) return undefined;
  const equals =
    where.kind === 'A_Expr' &&
    textAt(where, 'subkind') === 'AEXPR_OP' &&
    nodesAt(where, 'name').map(nameOf).at(-1) === '=';
  if (!equals || !isColumn(nodeAt(where, 'lexpr'), 'name')) return undefined;
  return constantText(nodeAt(where, 'rexpr'));
}
