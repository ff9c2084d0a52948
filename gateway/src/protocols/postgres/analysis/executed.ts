import type { ParsedText } from './analysis-cache.ts';
import { mostDrastic } from './conditions.ts';
import type { SessionNames } from './session-names.ts';
import type { Act, Classification } from './tally.ts';

/**
 * The statements of a text, those that run what was prepared before (EXECUTE) with what that does. FETCH belongs to
 * its DECLARE: the query was decided on there. Where a name's origin isn't known, it is `sql.unanalyzable`.
 */
export function executed(
  statements: ParsedText['statements'],
  names: Pick<SessionNames, 'prepared' | 'isCursor'>,
): readonly Classification[] {
  const prepared = new Map<string, Classification[]>();
  const cursors = new Set<string>();
  return statements.map(({ classification }) => {
    const { prepares, declares, executes, fetches } = classification;
    if (prepares) prepared.set(prepares.name, [...(prepared.get(prepares.name) ?? []), prepares.statement]);
    if (declares !== undefined) cursors.add(declares);
    const unknownCursors = fetches.filter((name) => !cursors.has(name) && !names.isCursor(name));
    const runs = executes.map((name) => {
      const before = names.prepared(name) ?? [];
      return { name, statements: [...before, ...(prepared.get(name) ?? [])] };
    });
    const unknown = runs.filter((each) => each.statements.length === 0 || each.statements.some(isIndirect));
    const acts: Act[] = [...unknown.map(({ name }) => name), ...unknownCursors].map((object) => ({
      name: 'sql.unanalyzable',
      object,
    }));
    const meanings = runs.flatMap((each) => each.statements);
    return meanings.length + acts.length === 0 ? classification : joined(classification, meanings, acts);
  });
}

/** What runs something else in turn. */
const isIndirect = ({ executes, fetches, prepares }: Classification): boolean =>
  executes.length + fetches.length > 0 || prepares !== undefined;

function joined(
  statement: Classification,
  meanings: readonly Classification[],
  acts: readonly Act[],
): Classification {
  const all = [statement, ...meanings];
  const verbs = [...new Set(meanings.map((each) => each.verb))];
  const verb = mostDrastic(verbs) ?? [statement.verb, ...verbs].join(' ');
  const tables = [...new Set(all.flatMap((each) => each.tables))];
  const functions = [...new Set(all.flatMap((each) => factNames(each)))];
  const hasWhere = meanings.length > 0 && meanings.every(({ context }) => context.hasWhere === true);
  const refusal = all.find((each) => each.refusal)?.refusal;
  return {
    ...statement,
    verb,
    acts: [...acts, ...all.flatMap((each) => each.acts)],
    calls: {
      functions: all.flatMap(({ calls }) => calls.functions),
      operators: all.flatMap(({ calls }) => calls.operators),
      types: all.flatMap(({ calls }) => calls.types),
    },
    tables,
    context: { verb, tables, hasWhere, functions },
    changesRows: all.some(({ changesRows }) => changesRows),
    ...(refusal && { refusal }),
  };
}

const factNames = ({ context: { functions } }: Classification): readonly string[] =>
  Array.isArray(functions) ? functions : [];
