import { builtinEffect } from './builtin-functions.ts';
import type { RelationName } from './relations.ts';
import { judgeSetting } from './settings.ts';
import { constantText, descend, nameOf, namesAt, nodeAt, nodesAt, type SqlNode, textAt } from './sql-node.ts';
import type { Tally } from './tally.ts';

/**
 * What the functions, operators and casts anywhere in a statement add.
 * @param planned it is only planned, not run: PostgreSQL calls functions that are not volatile then, to estimate.
 */
export function addCalls(statement: SqlNode, tally: Tally, planned = false): void {
  for (const node of descend(statement)) {
    switch (node.kind) {
      case 'FuncCall':
        addFunction(node, statement, tally, planned);
        break;
      case 'ColumnRef':
        addField(namesAt(node, 'fields').slice(1).at(-1), tally);
        break;
      case 'A_Indirection':
        for (const name of namesAt(node, 'indirection')) addField(name, tally);
        break;
      case 'A_Expr':
        addOperator(namesAt(node, 'name').at(-1), tally);
        if (textAt(node, 'subkind').includes('BETWEEN')) addOperators(['<', '<=', '>', '>='], tally);
        break;
      case 'SubLink':
        addOperator(namesAt(node, 'operName').at(-1), tally);
        break;
      case 'SortBy':
        addOperator(namesAt(node, 'useOp').at(-1), tally);
        addOperators(comparing, tally);
        break;
      case 'SelectStmt':
        if (compares(node)) addOperators(comparing, tally);
        break;
      case 'CaseExpr':
      case 'JoinExpr':
        addOperators(['='], tally);
        break;
      case 'TypeName':
        tally.type(namesAt(node, 'names').at(-1) ?? '');
        break;
      case 'RangeTableSample':
        addSampling(namesAt(node, 'method'), tally);
        break;
      default:
    }
  }
}

/** `customers.full_name` calls `full_name(customers)` where there is no such column (sql-expressions, *Field Selection*). */
function addField(name: string | undefined, tally: Tally): void {
  if (name) tally.call({ name, asField: true });
}

function addOperator(name: string | undefined, tally: Tally): void {
  if (name) tally.operator(name);
}

const addOperators = (names: readonly string[], tally: Tally): void => {
  for (const name of names) addOperator(name, tally);
};

/** What sorting and telling rows apart calls, without a word of it in the text. */
const comparing = ['<', '<=', '=', '>=', '>'];
const compares = (select: SqlNode): boolean =>
  Array.isArray(select.distinctClause) ||
  Array.isArray(select.groupClause) ||
  (select.op !== undefined && select.op !== 'SETOP_NONE');

function addSampling(names: readonly string[], tally: Tally): void {
  const method = names.at(-1) ?? '';
  if (method !== 'bernoulli' && method !== 'system') tally.add('sql.exec', names.join('.'));
}

function addFunction(node: SqlNode, statement: SqlNode, tally: Tally, planned: boolean): void {
  const names = namesAt(node, 'funcname');
  const name = names.at(-1) ?? '';
  const schema = names.at(-2);
  const system = schema === undefined || schema === 'pg_catalog';
  tally.functions.add(system ? name : names.join('.'));
  if (node === statement.funccall) {
    tally.call({ name, ...(schema !== undefined && { schema }), procedure: true });
    return;
  }
  const effect = system ? builtinEffect(name) : undefined;
  if (schema !== 'pg_catalog') tally.call({ name, ...(schema !== undefined && { schema }) });
  if (effect === undefined) {
    if (schema === 'pg_catalog') tally.add('sql.exec', names.join('.'));
    return;
  }
  if (name === 'set_config') addSetConfig(node, statement, tally);
  else if (effect === 'session' && !planned) tally.add('sql.session');
  else if (effect === 'write' && !planned) addWrite(name, node, tally);
}

const sequenceFunctions = new Set(['nextval', 'setval']);

/** `nextval('public.orders_id_seq')` and the like say what they write to. */
function addWrite(name: string, call: SqlNode, tally: Tally): void {
  const sequence = sequenceFunctions.has(name) ? sequenceNamed(nodesAt(call, 'args')[0]) : undefined;
  if (sequence) tally.touch('sql.write', sequence);
  else tally.add('sql.write');
}

function sequenceNamed(argument: SqlNode | undefined): RelationName | undefined {
  const value = argument?.kind === 'TypeCast' ? nodeAt(argument, 'arg') : argument;
  const match = /^(?:([a-z_][\w$]*)\.)?([a-z_][\w$]*)$/i.exec(constantText(value) ?? '');
  const [, schema, name] = match ?? [];
  if (name === undefined) return undefined;
  return { ...(schema !== undefined && { schema: schema.toLowerCase() }), name: name.toLowerCase() };
}

/** Says that a setting is changed, and to what, where that is known. */
export function addSetting(name: string, value: string | undefined, tally: Tally): void {
  const effect = judgeSetting(name, value);
  if (typeof effect === 'object') tally.refusal = effect;
  tally.add(effect === 'exec' ? 'sql.exec' : 'sql.session', effect === 'exec' ? name : undefined);
}

/**
 * `set_config(name, value, is_local)` is SET in an expression. The name has to be a constant, or the column of
 * `FROM pg_settings WHERE name = '…'`, which is how pg_dump asks for a setting that older servers don't know.
 */
function addSetConfig(call: SqlNode, statement: SqlNode, tally: Tally): void {
  const [first, second] = nodesAt(call, 'args');
  const name = constantText(first) ?? (isColumn(first, 'name') ? settingOf(call, statement) : undefined);
  if (name !== undefined) addSetting(name, constantText(second), tally);
  else {
    tally.refusal = {
      sqlstate: '42501',
      message: 'set_config needs the name of the setting as a constant',
      hint: "Write set_config('search_path', …, false), or use SET.",
    };
  }
}

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
