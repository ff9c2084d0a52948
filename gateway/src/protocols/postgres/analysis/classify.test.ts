import { beforeAll, expect, it } from 'vitest';
import { classify } from './classify.ts';
import { SqlParser } from './sql-parser.ts';

let parser: SqlParser;
beforeAll(async () => {
  parser = await SqlParser.load();
});

function read(sql: string) {
  const parsed = parser.parse(sql);
  const [only] = 'sqlstate' in parsed ? [] : parsed;
  if (only === undefined) throw new Error(sql);
  return classify(only.node);
}

it('gives policies the facts they may ask for', () => {
  expect(read('delete from a where lower(x) = f(y)').context).toEqual({
    verb: 'delete',
    tables: ['a'],
    hasWhere: true,
    functions: ['lower', 'f'],
  });
});

it.each([
  ['delete from a', true, false],
  ['delete from a where id = 1', true, true],
  ['delete from a where true', true, false],
  ['delete from a where 1 = 1', true, false],
  ['delete from a where current of c', true, true],
  ['update a set x = 1', true, false],
  ['update a set x = 1 where (select count(*) from b where b.id = a.id) > 0', true, true],
  ['merge into a using b on a.id = b.id when matched then delete', true, true],
  ['merge into a using b on true when matched then delete', true, false],
  ['with x as (delete from a returning *) select * from x where id = 1', true, false],
  ['with x as (delete from a where id = 1 returning *) select * from x', true, true],
  ['with x as (delete from a where id = 1 returning *) update b set x = 1', true, false],
  ['explain analyze delete from a', true, false],
  ['explain analyze delete from a where id = 1', true, true],
  ['explain delete from a', false, false],
  ['select * from a', false, false],
  ['select * from a where id = 1', false, true],
  ['insert into a values (1)', false, false],
])('%s: changes rows %s, has a condition %s', (sql, changesRows, hasWhere) => {
  expect(read(sql)).toMatchObject({ changesRows, context: { hasWhere } });
});

it.each([
  'update pg_settings set setting = 1',
  "select set_config(x, 'y', false) from a",
  "prepare p as select set_config($1, 'y', false)",
  "set client_encoding = 'latin1'",
  'set standard_conforming_strings = off',
])('%s is refused whatever policy says', (sql) => {
  expect(read(sql).refusal).toMatchObject({ sqlstate: '42501' });
});
