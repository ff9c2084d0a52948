import { describe, expect, it } from 'vitest';
import type { SchemaTable } from '../../../main/ipc/sql-port.ts';
import { shortCount, treeItems } from './tree-items.ts';

const table = (schema: string, name: string, columns: string[], rows?: number): SchemaTable => ({
  schema,
  name,
  kind: 'table',
  ...(rows !== undefined && { rows }),
  columns: columns.map((column) => ({
    name: column,
    type: 'text',
    key: column === 'id',
    masked: column === 'email',
  })),
});
const tables = [
  table('reporting', 'daily', ['day']),
  table('public', 'orders', ['id', 'total'], 1_234_567),
  table('public', 'Customers', ['id', 'email'], 41_000),
];
const names = (toggled: string[], search = '') =>
  treeItems('shop', tables, new Set(toggled), search).map((item) => `${' '.repeat(item.depth)}${item.name}`);

describe('treeItems', () => {
  it('shows public open and first, the rest closed', () => {
    expect(names([])).toEqual(['shop', ' public', '  Customers', '  orders', ' reporting']);
  });
  it('opens and closes', () => {
    expect(names(['/public/orders', '/reporting'])).toEqual([
      'shop',
      ' public',
      '  Customers',
      '  orders',
      '    id',
      '    total',
      ' reporting',
      '  daily',
    ]);
    expect(names(['/'])).toEqual(['shop']);
  });
  it('finds tables and columns', () => {
    expect(names([], 'EMAIL')).toEqual(['shop', ' public', '  Customers', '    email']);
    expect(names([], 'order')).toEqual(['shop', ' public', '  orders']);
    expect(names([], 'nothing')).toEqual(['shop']);
  });
  it('writes names as SQL needs them', () => {
    const inserts = treeItems('shop', tables, new Set(['/reporting']), '').map(({ insert }) => insert);
    expect(inserts).toEqual(['shop', 'public', '"Customers"', 'orders', 'reporting', 'reporting.daily']);
  });
  it('rounds estimates', () => {
    expect([0, 940, 41_200, 999_600, 4_120_000, 41_000_000, 2_000_000_000].map(shortCount)).toEqual([
      '0',
      '940',
      '41 k',
      '1 M',
      '4.1 M',
      '41 M',
      '2 G',
    ]);
  });
});
