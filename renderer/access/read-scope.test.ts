import { expect, it } from 'vitest';
import { readScope } from './read-scope.ts';

it('reads tables by line or comma, in public where no schema is named', () => {
  expect(readScope('postgres', 'orders, sales.*\n\nsales.refunds\norders')).toEqual({
    kind: 'scope',
    scope: { tables: ['public.orders', 'sales.*', 'sales.refunds'] },
  });
  expect(readScope('postgres', ' \n')).toEqual({ kind: 'none' });
});

it.each(['a.b.c', 'orders*', '*.*', 'public.', 'two words'])('says that %s is no table', (text) => {
  expect(readScope('postgres', text)).toMatchObject({ kind: 'wrong' });
});

it('reads programs, without their arguments', () => {
  expect(readScope('ssh', 'df\nuptime')).toEqual({ kind: 'scope', scope: { commands: ['df', 'uptime'] } });
  expect(readScope('ssh', 'df -h')).toMatchObject({ kind: 'wrong' });
});
