import type { SchemaTable } from '../../main/ipc/sql-port.ts';

type Line = readonly [name: string, rows: number, columns: readonly string[]];

/** `*` marks a key, `!` a masked column. */
const lines: Readonly<Record<string, readonly Line[]>> = {
  public: [
    ['customers', 41_000, ['id* int8', 'full_name text', 'email! text', 'phone! text', 'country bpchar']],
    ['order_items', 4_120_000, ['order_id* int8', 'line* int2', 'product_id int4', 'quantity int2']],
    ['orders', 1_210_000, ['id* int8', 'customer_id int8', 'placed_at timestamptz', 'note text']],
    [
      'payments',
      1_300_000,
      [
        'id* int8',
        'order_id int8',
        'amount numeric',
        'currency bpchar',
        'card_number! text',
        'status payment_status',
        'captured_at timestamptz',
      ],
    ],
    ['refunds', 18_400, ['id* int8', 'payment_id int8']],
    ['shipments', 1_100_000, ['id* int8', 'order_id int8']],
  ],
  reporting: [
    ['daily_revenue', 365, ['day date', 'revenue numeric']],
    ['product_sales', 120, ['id int4', 'sold int8']],
    ['customer_directory', 41_000, ['id int8', 'email! text']],
  ],
  audit: [
    ['changes', 90_000, ['id* int8', 'at timestamptz']],
    ['sign_ins', 12_000, ['id* int8']],
  ],
};

export const schemaSample: readonly SchemaTable[] = Object.entries(lines).flatMap(([schema, tables]) =>
  tables.map(([name, rows, columns]) => ({
    schema,
    name,
    kind: schema === 'reporting' ? ('view' as const) : ('table' as const),
    rows,
    columns: columns.map((text) => {
      const [column = '', type = ''] = text.split(' ');
      return {
        name: column.replace(/[*!]/, ''),
        type,
        key: column.endsWith('*'),
        masked: column.endsWith('!'),
      };
    }),
  })),
);

const scan = (relation: string, cost: number, rows: number, more: object = {}) => ({
  'Node Type': 'Seq Scan',
  'Relation Name': relation,
  Alias: relation[0],
  'Startup Cost': 0,
  'Total Cost': cost,
  'Plan Rows': rows,
  ...more,
});

export const planSample = JSON.stringify([
  {
    Plan: {
      'Node Type': 'Sort',
      'Startup Cost': 3000,
      'Total Cost': 31_200,
      'Plan Rows': 12_480,
      'Sort Key': ['o.placed_at DESC'],
      Plans: [
        {
          'Node Type': 'Hash Join',
          'Join Type': 'Inner',
          'Total Cost': 29_800,
          'Plan Rows': 12_480,
          'Hash Cond': '(o.customer_id = c.id)',
          Plans: [
            scan('payments', 21_000, 12_480, {
              Filter: "((status = 'captured') AND (captured_at >= '2026-03-12 11:40:00+00'))",
            }),
            {
              'Node Type': 'Hash',
              'Total Cost': 1300,
              'Plan Rows': 41_000,
              Plans: [scan('customers', 900, 41_000)],
            },
          ],
        },
      ],
    },
  },
]);
