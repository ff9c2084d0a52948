import { expect, it } from 'vitest';
import { type ViewRows, viewQueriesOf } from './view-query.ts';

const rows = (some: Partial<ViewRows>): ViewRows => ({
  viewShapes: [['20000', 't', null, 'f']],
  viewReads: [],
  viewCalls: [],
  viewNeeds: [],
  ...some,
});
const reads = (...entries: string[]) =>
  viewQueriesOf(rows({ viewReads: entries.map((entry) => ['20000', entry]) })).get(20_000)?.reads;

it.each([
  [
    '15',
    ':relid 16390 :relkind r :rellockmode 1 :tablesample <> :lateral false :inh false :inFromCl true :requir',
  ],
  [
    '16',
    ':relid 16390 :relkind r :rellockmode 1 :tablesample <> :perminfoindex 1 :lateral false :inh false :inFr',
  ],
  [
    '17',
    ':relid 16390 :inh false :relkind r :rellockmode 1 :perminfoindex 1 :tablesample <> :lateral false :inFr',
  ],
])('what PostgreSQL %s writes of a relation is understood', (_version, entry) => {
  expect(reads(entry)).toEqual([{ oid: 16_390, only: true }]);
  expect(reads(entry.replace('false :inFr', 'true :inFr').replace(':inh false', ':inh true'))).toEqual([
    { oid: 16_390, only: false },
  ]);
});

it('where ONLY can not be told, those that inherit count', () => {
  expect(reads(':relid 16390 :relkind r :rellockmode 1 :tablesample {TABLESAMPLECLAUSE :inh false ')).toEqual(
    [{ oid: 16_390, only: false }],
  );
});

it.each([
  { viewShapes: [['20000', 'f', null, 'f']] },
  { viewReads: [['20000', ':relisivm false :relid 16390 :relkind r']] },
  { viewCalls: [['20000', null, null, 'f']] },
])('a view is not guessed at where the server writes it in another way: %j', (some) => {
  expect(viewQueriesOf(rows(some)).get(20_000)).toBeNull();
});
