import { expect, it } from 'vitest';
import { sourceTable } from './source-table.ts';

it.each([
  ['SELECT * FROM Orders o', ['orders']],
  ['select 1 from only "Sh op"."a""b" x', ['Sh op', 'a"b']],
  ['select * from (select 1) t', ['result']],
  ['select 1', ['result']],
])('%s', (query, table) => {
  expect(sourceTable(query)).toEqual(table);
});
