import type { MaskedColumn } from '../../../masking/rule-match.ts';
import type { Catalog, CatalogRelation } from './catalog.ts';
import type { CatalogRows } from './catalog-queries.ts';
import { checkCalls } from './check-calls.ts';
import { ReferenceCheck } from './check-references.ts';
import { checkRelation } from './check-relation.ts';
import { type DraftRelation, mark } from './draft-relation.ts';
import { ReferenceScope } from './reference-scope.ts';
import { Refused } from './refused.ts';
import { everyRangeVar } from './relations.ts';
import type { SqlNode } from './sql-node.ts';
import type { SqlParser } from './sql-parser.ts';
import type { Unsafe } from './user-defined.ts';

/** Said of a view whose definition can't be read for now, and of one that isn't understood. */
const LOCKED = "it can't be told which of its columns are masked while a table that it reads is locked";
const UNCLEAR = "its definition can't be read";

/** The query of each view by OID, or why there is none. */
export type DefinedViews = ReadonlyMap<number, SqlNode | typeof LOCKED | typeof UNCLEAR>;

/** Parses the definitions of views. */
export function definedViews(
  { views }: Pick<CatalogRows, 'views'>,
  parser: Pick<SqlParser, 'parse'>,
): DefinedViews {
  const queryOf = (definition: string) => {
    const parsed = parser.parse(definition);
    const [only, ...more] = 'sqlstate' in parsed ? [] : parsed;
    return only && more.length === 0 ? only.node : UNCLEAR;
  };
  return new Map(
    views.map(([oid, definition]) => [Number(oid), definition == null ? LOCKED : queryOf(definition)]),
  );
}

/**
 * Follows masked columns through views and materialized views, one round over all of them; true if one changed.
 *
 * The definition is read rather than pg_depend alone, because pg_depend doesn't tell a whole row from its table.
 * A view that passes masked columns on as they are has masked columns itself; one that computes with them, or
 * calls what may read them, can't be used.
 */
export function traceViews(
  drafts: ReadonlyMap<number, DraftRelation>,
  rows: CatalogRows,
  catalog: Catalog,
  unsafe: Unsafe,
  views: DefinedViews,
): boolean {
  const needs = needsOf(rows);
  let changed = false;
  for (const [oid, query] of views) {
    const view = drafts.get(oid);
    if (!view || view.taint !== undefined) continue;
    const needed = needs.get(view.oid) ?? [];
    const traced = typeof query === 'string' ? { taint: query } : trace(query, catalog);
    const taint = 'taint' in traced ? traced.taint : untold(traced.touched, needed, drafts, unsafe);
    if (taint !== undefined) {
      view.taint = taint;
      view.unread =
        query === LOCKED || needed.some(({ kind, oid }) => kind === 'r' && drafts.get(oid)?.unread);
      changed = true;
    } else if ('outputs' in traced) {
      for (const [index, masked] of traced.outputs.entries())
        changed = mark(view, index + 1, masked) || changed;
    }
  }
  return changed;
}

type Traced =
  | {
      readonly outputs: readonly (MaskedColumn | undefined)[];
      readonly touched: ReadonlySet<CatalogRelation>;
    }
  | { readonly taint: string };

/** What a view passes on as it is, by position; the reason where it does more than that. */
function trace(query: SqlNode, catalog: Catalog): Traced {
  try {
    for (const rangeVar of everyRangeVar(query)) checkRelation(rangeVar, catalog);
    checkCalls(query, catalog.userDefined);
    const scope = new ReferenceScope(query, catalog);
    const check = new ReferenceCheck(scope);
    check.outermost(query);
    return { outputs: check.outputs, touched: scope.touched };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return {
      taint: error.message.replace('and can only be selected as it is', 'and it does more than select it'),
    };
  }
}

interface Need {
  readonly kind: string;
  readonly oid: number;
}

function needsOf(rows: CatalogRows): ReadonlyMap<number, readonly Need[]> {
  const needs = new Map<number, Need[]>();
  for (const [view, kind, oid] of rows.viewNeeds) {
    const need = { kind: kind ?? '', oid: Number(oid) };
    const known = needs.get(Number(view));
    if (known) known.push(need);
    else needs.set(Number(view), [need]);
  }
  return needs;
}

/** What pg_depend knows and the definition's text doesn't show: implicit casts, operators, and, as a second look, tables. */
function untold(
  touched: ReadonlySet<CatalogRelation>,
  needs: readonly Need[],
  drafts: ReadonlyMap<number, DraftRelation>,
  unsafe: Unsafe,
): string | undefined {
  for (const { kind, oid } of needs) {
    if (kind === 'f' && unsafe.functions.has(oid)) return 'it calls a function that may read masked columns';
    if (kind === 'o' && unsafe.operators.has(oid)) return 'it uses an operator that may read masked columns';
    const relation = kind === 'r' ? drafts.get(oid) : undefined;
    if (relation && relation.masked.size > 0 && !touched.has(relation)) {
      return `it reads ${relation.schema}.${relation.name} in a way that can't be traced`;
    }
  }
  return undefined;
}
