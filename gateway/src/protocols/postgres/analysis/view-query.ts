import type { CatalogRow, CatalogRows } from './catalog-queries.ts';
import { grouped } from './grouped.ts';

/** What the query behind a view does. By OID. */
export interface ViewQuery {
  readonly reads: readonly ViewRead[];
  /** The one relation of its FROM where nothing else stands there: a write to the view goes to it (sql-createview, *Updatable Views*). */
  readonly base?: number;
  /** FOR UPDATE, FOR SHARE. */
  readonly locks: boolean;
  /** Functions of the system. */
  readonly calls: readonly ViewCall[];
  /** What it depends on that somebody made: r relation, f function, o operator, t type. */
  readonly needs: readonly { readonly kind: string; readonly oid: number }[];
}

export interface ViewRead {
  readonly oid: number;
  /** ONLY: without the relations that inherit from it. */
  readonly only: boolean;
}

export interface ViewCall {
  readonly schema: string;
  readonly name: string;
  /** Its first argument is a constant that names a relation: `nextval('numbers')`. */
  readonly constant: boolean;
}

export type ViewRows = Pick<CatalogRows, 'viewShapes' | 'viewReads' | 'viewCalls' | 'viewNeeds'>;

/** The queries of all views by OID; null where one is of a form that isn't known here. */
export function viewQueriesOf(rows: ViewRows): ReadonlyMap<number, ViewQuery | null> {
  const reads = grouped(rows.viewReads, ([view, entry]) => [view, readOf(entry ?? '')]);
  const calls = grouped(rows.viewCalls, ([view, schema, name, constant]) => [
    view,
    name == null ? undefined : { schema: schema ?? '', name, constant: constant === 't' },
  ]);
  const needs = grouped(rows.viewNeeds, ([view, kind, oid]) => [
    view,
    { kind: kind ?? '', oid: Number(oid) },
  ]);
  const queryOf = ([oid, known, base, locks]: CatalogRow): ViewQuery | null => {
    const view = Number(oid);
    const read = complete(reads.get(view));
    const called = complete(calls.get(view));
    if (known !== 't' || !read || !called) return null;
    return {
      // Before 16 a rule names its own view as OLD and NEW.
      reads: read.filter((each) => each.oid !== view),
      ...(base != null && { base: Number(base) }),
      locks: locks === 't',
      calls: called,
      needs: needs.get(view) ?? [],
    };
  };
  return new Map(rows.viewShapes.map((row) => [Number(row[0]), queryOf(row)]));
}

/** Undefined where one of them isn't understood. */
function complete<Value>(values: readonly (Value | undefined)[] = []): readonly Value[] | undefined {
  const understood = values.filter((value) => value !== undefined);
  return understood.length === values.length ? understood : undefined;
}

/** `:relid 16590 :relkind r :rellockmode 1 :tablesample <> … :inh true …`; the order differs between versions. */
function readOf(entry: string): ViewRead | undefined {
  const [, oid, inherited] = /^:relid (\d+) (?:[^{}]*?:inh (true|false) )?/.exec(entry) ?? [];
  return oid === undefined ? undefined : { oid: Number(oid), only: inherited === 'false' };
}
