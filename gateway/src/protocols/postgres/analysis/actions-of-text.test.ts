import { beforeAll, expect, it } from 'vitest';
import { actionsOfText } from './actions-of-text.ts';
import { AnalysisCache } from './analysis-cache.ts';

let cache: AnalysisCache;
beforeAll(async () => {
  cache = await AnalysisCache.load();
});

it.each([
  ['delete from orders', ['sql.read public.orders', 'sql.write public.orders']],
  ['select * from app.orders, pg_class', ['sql.read app.orders', 'sql.read pg_catalog.pg_class']],
  ['begin; truncate a', ['sql.session', 'sql.write public.a']],
  ['selec 1', ['sql.unanalyzable']],
  ['', []],
])('%s', (sql, expected) => {
  const actions = actionsOfText(cache.read(sql));
  expect(actions.map(({ name, object }) => [name, object].filter(Boolean).join(' '))).toEqual(expected);
});

it('tables are told policies as the actions name them', () => {
  expect(actionsOfText(cache.read('delete from orders where id = 1'))[0]?.context).toMatchObject({
    verb: 'delete',
    tables: ['public.orders'],
    hasWhere: true,
  });
});
