import { ColumnPattern, type DataRuleDocument } from '@drawbridge/contract';
import { describe, expect, it } from 'vitest';
import { maskingRulesFor, parseColumnPattern } from './masking-rules.ts';

describe('parseColumnPattern', () => {
  it.each([
    ['public.customers.ssn', { schema: 'public', table: 'customers', column: 'ssn' }],
    ['*.*.email', { schema: '*', table: '*', column: 'email' }],
    ['Public.Customers.SSN', { schema: 'public', table: 'customers', column: 'ssn' }],
    ['public."Order Items"."card.number"', { schema: 'public', table: 'Order Items', column: 'card.number' }],
    ['"a""b".*."*"', { schema: 'a"b', table: '*', column: '*' }],
  ])('reads %s', (pattern, parts) => {
    expect(ColumnPattern.parse(pattern)).toBe(pattern);
    expect(parseColumnPattern(pattern)).toEqual(parts);
  });
});

describe('maskingRulesFor', () => {
  const rule = (name: string, resources: DataRuleDocument['resources']): DataRuleDocument => ({
    kind: 'DataRule',
    name,
    resources,
    columns: [{ column: 'public.customers.ssn', mask: 'last4' }],
  });
  const orders = { name: 'orders-db', labels: { env: 'prod', team: 'shop' } };

  it('takes rules by name and by labels, all of which must match', () => {
    const rules = [
      rule('by-name', { names: ['orders-db', 'other-db'] }),
      rule('by-label', { labels: { env: 'prod' } }),
      rule('other-name', { names: ['other-db'] }),
      rule('half-a-match', { labels: { env: 'prod', team: 'billing' } }),
    ];
    expect(maskingRulesFor(orders, rules).columns.map((found) => found.rule)).toEqual([
      'by-name',
      'by-label',
    ]);
    expect(maskingRulesFor(orders, rules).columns[0]).toEqual({
      rule: 'by-name',
      schema: 'public',
      table: 'customers',
      column: 'ssn',
      mask: 'last4',
    });
  });
});
