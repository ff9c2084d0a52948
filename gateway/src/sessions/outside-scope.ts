import type { AccessScope } from '@drawbridge/contract';
import type { Action } from '../policy/decision.ts';

const CATALOGS = ['pg_catalog', 'information_schema'];
/** Relations of the system that hold values of tables, or statements with values: no part of the catalog that stays readable. */
const WITH_VALUES = new Set(
  'pg_statistic pg_stats pg_statistic_ext_data pg_stats_ext pg_stats_ext_exprs pg_largeobject pg_stat_activity'
    .split(' ')
    .map((name) => `pg_catalog.${name}`),
);

/**
 * Why an action is outside of what a grant was narrowed to; undefined where it isn't. What can't be told to stay within
 * is outside: a function, or a statement that is not understood, reaches any table.
 */
export function outsideScope(scope: AccessScope | undefined, action: Action): string | undefined {
  if (scope === undefined) return undefined;
  const { tables, commands } = scope;
  if (tables !== undefined && action.name.startsWith('sql.')) return outsideTables(tables, action);
  if (tables !== undefined && action.name === 'data.reveal') return outsideTables(tables, ofTable(action));
  if (commands !== undefined && action.name.startsWith('ssh.')) return outsideCommands(commands, action);
  return refuse(action.name, [...(tables ?? []), ...(commands ?? [])]);
}

/** A column's name follows its table's. */
const ofTable = ({ object = '', ...rest }: Action): Action => ({
  ...rest,
  object: object.slice(0, Math.max(0, object.lastIndexOf('.'))),
});

function outsideTables(tables: readonly string[], { name, object }: Action): string | undefined {
  // Without a table these compute, and set what holds for the session: `SELECT 1`, `SET work_mem`.
  if (object === undefined && (name === 'sql.read' || name === 'sql.session')) return undefined;
  if (object === undefined || name === 'sql.exec' || name === 'sql.unanalyzable')
    return refuse(object === undefined ? name : `${name} (${object})`, tables);
  const [schema = '', table, ...more] = object.split('.');
  // A name with a dot in it could be meant in two ways, and what a function reads is not known.
  if (table === undefined || more.length > 0 || object.endsWith('()'))
    return refuse(`${name} of ${object}`, tables);
  if (
    (name === 'sql.read' || name === 'sql.session') &&
    CATALOGS.includes(schema) &&
    !WITH_VALUES.has(object)
  )
    return undefined;
  const within = tables.some((pattern) => pattern === object || pattern === `${schema}.*`);
  return within ? undefined : refuse(`${name} of ${object}`, tables);
}

/** Reading or writing a file, as the analysis shows it among the arguments: `>/etc/passwd`. Nothing is lost to `/dev/null`. */
const redirectsToFile = (word: unknown): boolean =>
  /^&?[<>]/.test(String(word)) && !/^&?[<>]+&?\/dev\/null$/.test(String(word));

/** Exactly as they were named: `/tmp/uptime` is not `uptime`. */
function outsideCommands(commands: readonly string[], { name, context }: Action): string | undefined {
  const { program, arguments: words } = context;
  if (name !== 'ssh.exec') return refuse(name, commands);
  if (typeof program !== 'string' || !commands.includes(program))
    return refuse(program === '' || typeof program !== 'string' ? name : `the command ${program}`, commands);
  const redirected = !Array.isArray(words) || words.some(redirectsToFile);
  return redirected ? refuse(`${program} with a redirection`, commands) : undefined;
}

/** Named of a long scope; the whole of it stands with the grant. */
const MOST_NAMED = 5;

function refuse(what: string, scope: readonly string[]): string {
  const named = scope.slice(0, MOST_NAMED).join(', ');
  const more = scope.length > MOST_NAMED ? ` and ${scope.length - MOST_NAMED} more` : '';
  return `this access was narrowed to ${named}${more}, which leaves out ${what}; ask for wider access to do it`;
}
