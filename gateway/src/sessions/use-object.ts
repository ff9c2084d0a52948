import type { Action } from '../policy/decision.ts';

/** Longer names are cut, in characters: what is looked up by them stands in an index. */
const LONGEST = 500;

/** What an action was done to, as people look it up. `table` is the name without its schema and column. */
export function useObject(action: Action): {
  readonly object: string | undefined;
  readonly table: string | undefined;
} {
  const { name, object, context } = action;
  const table =
    object !== undefined && (name.startsWith('sql.') || name === 'data.reveal')
      ? cut(tableOf(object, name === 'data.reveal'))
      : undefined;
  return { object: cut(object ?? ofContext(context)), table };
}

/** Outside databases it is among the facts of the action: a program, a path, a destination. */
function ofContext({ program, path, host, port }: Action['context']): string | undefined {
  for (const fact of [path, program]) if (typeof fact === 'string' && fact !== '') return fact;
  return typeof host === 'string' && host !== '' ? `${host}:${String(port)}` : undefined;
}

function tableOf(object: string, isColumn: boolean): string {
  const table = isColumn ? object.slice(0, Math.max(0, object.lastIndexOf('.'))) : object;
  return table.slice(table.indexOf('.') + 1);
}

function cut(text: string): string;
function cut(text: string | undefined): string | undefined;
function cut(text: string | undefined): string | undefined {
  // PostgreSQL's text holds no NUL.
  return text?.slice(0, LONGEST).replaceAll('\0', '\ufffd');
}
