import { builtinEffect } from './builtin-functions.ts';
import type { UserDefined } from './catalog.ts';
import { fold } from './fold.ts';
import { keywordFunctions } from './known-syntax.ts';
import { Refused } from './refused.ts';
import { descend, nameOf, namesAt, nodesAt, type SqlNode } from './sql-node.ts';

/**
 * Checks that a statement calls nothing that could read masked columns behind the gateway's back: only functions
 * of the system that compute, and those of extensions known to do no more. Operators and casts are functions too.
 * @throws Refused
 */
export function checkCalls(statement: SqlNode, userDefined: UserDefined): void {
  for (const node of descend(statement)) {
    switch (node.kind) {
      case 'FuncCall':
        checkFunction(node, userDefined);
        break;
      case 'A_Expr':
        checkOperator(namesAt(node, 'name'), node, userDefined);
        break;
      case 'SubLink':
        checkOperator(namesAt(node, 'operName'), node, userDefined);
        break;
      case 'SortBy':
        checkOperator(namesAt(node, 'useOp'), node, userDefined);
        break;
      case 'TypeName':
        checkType(node, userDefined);
        break;
      case 'RangeTableSample':
        checkSampling(node);
        break;
      default:
        for (const name of keywordFunctions[node.kind] ?? []) {
          if (userDefined.functions.has(name)) throw unknownFunction(name, node);
        }
    }
  }
}

function checkFunction(node: SqlNode, userDefined: UserDefined): void {
  const names = namesAt(node, 'funcname');
  const name = fold(names.at(-1) ?? '');
  const schema = names.at(-2);
  const system = schema === 'pg_catalog';
  // Without a schema a function of somebody's own can be the better match, whatever the search path says.
  if (!system && userDefined.functions.has(name)) throw unknownFunction(names.join('.'), node);
  const builtin = (system || schema === undefined) && builtinEffect(name) !== undefined;
  if (!builtin && (system || !userDefined.harmlessFunctions.has(name)))
    throw unknownFunction(names.join('.'), node);
}

const unknownFunction = (name: string, at: SqlNode): Refused =>
  new Refused(
    `function ${name} can't be called here: it isn't known to leave masked columns alone`,
    'On a resource with data rules only functions of PostgreSQL itself that read nothing can be called.',
    at,
  );

function checkOperator(names: readonly string[], at: SqlNode, userDefined: UserDefined): void {
  const operator = names.at(-1);
  if (operator === undefined || !userDefined.operators.has(operator)) return;
  throw new Refused(
    `operator ${operator} can't be used here: a user-defined function may stand behind it`,
    names.length > 1
      ? undefined
      : 'Compare values of built-in types, or select the columns and compare them yourself.',
    at,
  );
}

function checkType(node: SqlNode, userDefined: UserDefined): void {
  const name = namesAt(node, 'names').at(-1);
  if (name === undefined || !userDefined.types.has(fold(name))) return;
  throw new Refused(
    `values can't be cast to ${name} here: a user-defined function checks or makes them`,
    undefined,
    node,
  );
}

function checkSampling(node: SqlNode): void {
  const method = nodesAt(node, 'method').map(nameOf).at(-1) ?? '';
  if (method === 'bernoulli' || method === 'system') return;
  throw new Refused(
    `sampling method ${method} isn't known here`,
    'Use TABLESAMPLE BERNOULLI or SYSTEM.',
    node,
  );
}
