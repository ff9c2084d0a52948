import { describe, expect, it } from 'vitest';
import { readQueryPlan } from './query-plan.ts';

const plan = [
  {
    Plan: {
      'Node Type': 'Hash Join',
      'Join Type': 'Left',
      'Startup Cost': 1,
      'Total Cost': 100,
      'Plan Rows': 42,
      'Plan Width': 8,
      'Hash Cond': '(o.customer_id = c.id)',
      Plans: [
        {
          'Node Type': 'Seq Scan',
          'Relation Name': 'orders',
          Alias: 'o',
          'Total Cost': 70,
          'Plan Rows': 1000,
          Filter: '(id > 3)',
        },
        {
          'Node Type': 'Index Scan',
          'Index Name': 'customers_pkey',
          'Relation Name': 'customers',
          Alias: 'customers',
          'Total Cost': 10,
          'Plan Rows': 1,
          'Actual Rows': 2,
          'Actual Total Time': 0.5,
          'Actual Loops': 3,
        },
      ],
    },
    'Planning Time': 0.2,
  },
];

describe('readQueryPlan', () => {
  it('reads nodes with their own share of the cost', () => {
    const read = readQueryPlan(JSON.stringify(plan));
    expect(read?.planningMilliseconds).toBe(0.2);
    expect(read?.root).toMatchObject({
      title: 'Hash Left Join',
      share: 0.2,
      rows: 42,
      details: ['Hash Cond: (o.customer_id = c.id)'],
    });
    expect(read?.root.children).toMatchObject([
      { title: 'Seq Scan on orders o', share: 0.7, details: ['Filter: (id > 3)'] },
      {
        title: 'Index Scan using customers_pkey on customers',
        actual: { rows: 2, milliseconds: 0.5, loops: 3 },
      },
    ]);
  });
  it('is none for anything else', () => {
    expect(readQueryPlan('Seq Scan on orders')).toBeUndefined();
    expect(readQueryPlan('[{}]')).toBeUndefined();
  });
});
