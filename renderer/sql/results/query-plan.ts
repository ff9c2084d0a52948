import { z } from 'zod';

/** A node of a plan, with what is shown of it. */
export interface PlanNode {
  /** *Index Scan using orders_pkey on orders o*. */
  readonly title: string;
  /** Conditions and keys, one a line. */
  readonly details: readonly string[];
  readonly cost: number;
  /** Share of the whole plan's cost that is its own, 0 to 1. */
  readonly share: number;
  readonly rows: number;
  readonly actual?: { readonly rows: number; readonly milliseconds: number; readonly loops: number };
  readonly children: readonly PlanNode[];
}

export interface QueryPlan {
  readonly root: PlanNode;
  readonly planningMilliseconds?: number;
  readonly executionMilliseconds?: number;
}

const Node = z.looseObject({
  'Node Type': z.string(),
  'Total Cost': z.number(),
  'Plan Rows': z.number(),
  'Actual Rows': z.number().optional(),
  'Actual Total Time': z.number().optional(),
  'Actual Loops': z.number().optional(),
  get Plans() {
    return z.array(Node).optional();
  },
});
type Node = z.infer<typeof Node>;

const Explained = z.tuple([
  z.looseObject({
    Plan: Node,
    'Planning Time': z.number().optional(),
    'Execution Time': z.number().optional(),
  }),
]);

/**
 * Reads what `EXPLAIN (FORMAT JSON)` gives.
 * https://www.postgresql.org/docs/18/sql-explain.html
 * @returns undefined when it is something else.
 */
export function readQueryPlan(text: string): QueryPlan | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const explained = Explained.safeParse(parsed);
  if (!explained.success) return undefined;
  const [{ Plan, 'Planning Time': planning, 'Execution Time': execution }] = explained.data;
  return {
    root: planNode(Plan, Math.max(Plan['Total Cost'], 0.01)),
    ...(planning !== undefined && { planningMilliseconds: planning }),
    ...(execution !== undefined && { executionMilliseconds: execution }),
  };
}

function planNode(node: Node, whole: number): PlanNode {
  const children = node.Plans ?? [];
  const below = children.reduce((sum, child) => sum + child['Total Cost'], 0);
  const rows = node['Actual Rows'];
  const milliseconds = node['Actual Total Time'];
  return {
    title: titleOf(node),
    details: detailsOf(node),
    cost: node['Total Cost'],
    share: Math.max(0, Math.min(1, (node['Total Cost'] - below) / whole)),
    rows: node['Plan Rows'],
    ...(rows !== undefined &&
      milliseconds !== undefined && { actual: { rows, milliseconds, loops: node['Actual Loops'] ?? 1 } }),
    children: children.map((child) => planNode(child, whole)),
  };
}

const textOf = (node: Node, key: string): string | undefined => {
  const value = node[key];
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
};

function titleOf(node: Node): string {
  const join = textOf(node, 'Join Type');
  const type = node['Node Type'];
  const parts = [join === undefined || join === 'Inner' ? type : type.replace(/( Join)?$/, ` ${join} Join`)];
  const index = textOf(node, 'Index Name');
  if (index !== undefined) parts.push(`using ${index}`);
  const relation = textOf(node, 'Relation Name') ?? textOf(node, 'CTE Name') ?? textOf(node, 'Function Name');
  const alias = textOf(node, 'Alias');
  if (relation !== undefined)
    parts.push(`on ${relation}${alias !== undefined && alias !== relation ? ` ${alias}` : ''}`);
  return parts.join(' ');
}

const DETAILS = [
  'Index Cond',
  'Hash Cond',
  'Merge Cond',
  'Recheck Cond',
  'Join Filter',
  'Filter',
  'Sort Key',
  'Group Key',
  'Rows Removed by Filter',
];

const detailsOf = (node: Node): string[] =>
  DETAILS.flatMap((key) => {
    const value = textOf(node, key);
    return value === undefined ? [] : [`${key}: ${value}`];
  });
