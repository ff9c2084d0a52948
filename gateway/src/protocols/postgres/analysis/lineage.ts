import type { CatalogRows } from './catalog-queries.ts';
import { grouped } from './grouped.ts';
import type { RowEffect } from './relations.ts';
import { type ViewQuery, type ViewRows, viewQueriesOf } from './view-query.ts';

/** A foreign key that does something to its own rows when those it refers to change. */
interface ForeignKey {
  readonly from: number;
  readonly onDelete: 'delete' | 'update' | undefined;
  readonly onUpdate: boolean;
  /** Attribute numbers of the columns it refers to. */
  readonly columns: readonly number[];
}

/** How relations hang together in a target: what is done to one is done to others, too. By OID. */
export class Lineage {
  readonly #parents: ReadonlyMap<number, readonly number[]>;
  readonly #children: ReadonlyMap<number, readonly number[]>;
  readonly #views: ReadonlyMap<number, ViewQuery | null>;
  readonly #rules: ReadonlyMap<number, readonly { readonly kind: string; readonly oid: number }[]>;
  readonly #keys: ReadonlyMap<number, readonly ForeignKey[]>;

  constructor(rows: ViewRows & Pick<CatalogRows, 'inherits' | 'ruleNeeds' | 'foreignKeys' | 'rewrites'>) {
    this.#parents = grouped(rows.inherits, ([child, parent]) => [child, Number(parent)]);
    this.#children = grouped(rows.inherits, ([child, parent]) => [parent, Number(child)]);
    this.#views = viewQueriesOf(rows);
    const needs = grouped(rows.ruleNeeds, ([oid, kind, need]) => [
      oid,
      { kind: kind ?? '', oid: Number(need) },
    ]);
    this.#rules = new Map(rows.rewrites.map(([oid]) => [Number(oid), needs.get(Number(oid)) ?? []]));
    this.#keys = grouped(rows.foreignKeys, ([from, to, onDelete, onUpdate, columns]) => [
      to,
      {
        from: Number(from),
        onDelete: onDelete === 'c' ? 'delete' : acts(onDelete) ? 'update' : undefined,
        onUpdate: acts(onUpdate),
        columns: (columns ?? '').split(' ').map(Number),
      },
    ]);
  }

  /** What it is a partition of or inherits from, directly or not. */
  ancestors(oid: number): ReadonlySet<number> {
    return closure(oid, this.#parents);
  }

  /** Its partitions and what inherits from it, directly or not. */
  descendants(oid: number): ReadonlySet<number> {
    return closure(oid, this.#children);
  }

  /** What a view or materialized view of somebody's own does; null where that can't be told. */
  view(oid: number): ViewQuery | null | undefined {
    return this.#views.get(oid);
  }

  /** What the rules depend on that rewrite INSERT, UPDATE or DELETE of it; undefined where it has none. */
  rules(oid: number): readonly { readonly kind: string; readonly oid: number }[] | undefined {
    return this.#rules.get(oid);
  }

  /** Relations whose rows change with the rows they refer to. `columns` are the attribute numbers that are updated. */
  *changedWith(
    oid: number,
    { deletes, truncates }: RowEffect,
    columns: ReadonlySet<number>,
  ): Generator<{ readonly oid: number; readonly effect: RowEffect }> {
    for (const key of this.#keys.get(oid) ?? []) {
      if (truncates) yield { oid: key.from, effect: { truncates } };
      else if (deletes && key.onDelete === 'delete') yield { oid: key.from, effect: { deletes } };
      else if (deletes && key.onDelete === 'update') yield { oid: key.from, effect: {} };
      else if (key.onUpdate && key.columns.some((column) => columns.has(column)))
        yield { oid: key.from, effect: {} };
    }
  }
}

const acts = (code: string | null | undefined): boolean => code === 'c' || code === 'n' || code === 'd';

function closure(from: number, edges: ReadonlyMap<number, readonly number[]>): ReadonlySet<number> {
  const found = new Set<number>();
  const open = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const oid of edges.get(next) ?? []) {
      if (found.has(oid)) continue;
      found.add(oid);
      open.push(oid);
    }
  }
  return found;
}
