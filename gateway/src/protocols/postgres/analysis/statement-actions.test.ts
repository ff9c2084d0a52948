import { beforeAll, describe, expect, it } from 'vitest';
import { classify } from './classify.ts';
import { executed } from './executed.ts';
import { resolveActions } from './resolve-actions.ts';
import { SqlParser } from './sql-parser.ts';
import { statementActions } from './statement-actions.ts';

const nothingPrepared = { prepared: () => undefined, isCursor: () => false };

let parser: SqlParser;
beforeAll(async () => {
  parser = await SqlParser.load();
});

function actionsOf(sql: string) {
  const parsed = parser.parse(sql);
  if ('sqlstate' in parsed) throw new Error(`${parsed.message}: ${sql}`);
  const statements = parsed.map(({ node }) => ({ node, classification: classify(node) }));
  return executed(statements, nothingPrepared).map((each) => ({
    verb: each.verb,
    actions: resolveActions(each, undefined).actions.map(({ name, object }) =>
      object === undefined ? name : `${name} ${object}`,
    ),
  }));
}

/** `verb: action object, …` of each statement, its actions sorted. */
const written = (sql: string): string =>
  actionsOf(sql)
    .map(({ verb, actions }) => `${verb}: ${[...actions].sort().join(', ')}`)
    .join('; ');

const sorted = (expected: string): string =>
  expected
    .split('; ')
    .map((statement) => {
      const [verb = '', actions = ''] = statement.split(': ');
      return `${verb}: ${actions.split(', ').sort().join(', ')}`;
    })
    .join('; ');

it('the table has at least 200 statements, each once', () => {
  const all = Object.values(statementActions).flatMap((chapter) => chapter.map(([sql]) => sql));
  expect(new Set(all).size).toBe(all.length);
  expect(all.length).toBeGreaterThanOrEqual(200);
});

describe.each(Object.entries(statementActions))('%s', (_chapter, statements) => {
  it.each(statements)('%s', (sql, expected) => expect(written(sql)).toBe(sorted(expected)));
});

const single = Object.values(statementActions)
  .flat()
  .map(([sql]) => sql)
  .filter(
    (sql) =>
      /^(select|insert|update|delete|merge|table|values|with)\b/.test(sql) &&
      !/ into /.test(sql.replace(/^.*?(insert|merge) into /, '')) &&
      // Its name can only be told right under SELECT; anywhere else it is refused.
      !sql.includes('set_config(name'),
  );

describe('what a statement does it does in any wrapping', () => {
  const flat = (sql: string) => new Set(actionsOf(sql).flatMap(({ actions }) => actions));

  it.each(single)('explain analyze %s', (sql) => expect(flat(`explain analyze ${sql}`)).toEqual(flat(sql)));
  it.each(single)('prepare p as %s; execute p', (sql) =>
    expect(flat(`prepare p as ${sql}; execute p`)).toEqual(flat(sql).add('sql.session')),
  );
  it.each(single.filter((sql) => !sql.startsWith('with ')))('with p as (%s)', (sql) => {
    const actions = flat(
      `with p as (${sql.includes('returning') || !/^(insert|update|delete|merge)/.test(sql) ? sql : `${sql} returning 1`}) select 1`,
    );
    for (const action of flat(sql)) if (action !== 'sql.read') expect(actions).toContain(action);
  });
});
