import { expect, it } from 'vitest';
import type { ColumnRule } from './rule.ts';
import { matchRule } from './rule-match.ts';

const rule = (column: string, mask: ColumnRule['mask'], name = 'pii'): ColumnRule => {
  const [schema = '', table = '', last = ''] = column.split('.');
  return { rule: name, schema, table, column: last, mask };
};

it('names the rule and the column it found', () => {
  expect(matchRule([rule('public.customers.ssn', 'last4')], 'public', 'customers', 'ssn')).toEqual({
    rule: 'pii',
    mask: 'last4',
    column: 'public.customers.ssn',
  });
});

it('leaves other columns, tables and schemas alone', () => {
  const rules = [rule('public.customers.ssn', 'last4')];
  expect(matchRule(rules, 'public', 'customers', 'name')).toBeUndefined();
  expect(matchRule(rules, 'public', 'orders', 'ssn')).toBeUndefined();
  expect(matchRule(rules, 'audit', 'customers', 'ssn')).toBeUndefined();
});

it('a star stands for any name', () => {
  expect(matchRule([rule('*.*.email', 'email')], 'crm', 'people', 'email')?.column).toBe('crm.people.email');
});

it('the strictest of several holds, whatever their order', () => {
  const rules = [
    rule('*.*.email', 'email', 'a'),
    rule('public.customers.email', 'full', 'b'),
    rule('*.customers.*', 'last4', 'c'),
  ];
  expect(matchRule(rules, 'public', 'customers', 'email')).toMatchObject({ mask: 'full', rule: 'b' });
  expect(matchRule(rules.toReversed(), 'public', 'customers', 'email')).toMatchObject({
    mask: 'full',
    rule: 'b',
  });
});

it('case does not matter', () => {
  expect(matchRule([rule('public.customers.ssn', 'full')], 'public', 'Customers', 'SSN')).toBeDefined();
});
