import type { ColumnRule } from '../../../masking/rule.ts';
import { type MaskedColumn, matchRule } from '../../../masking/rule-match.ts';
import { Catalog, FIRST_USER_OID } from './catalog.ts';
import type { CatalogRows } from './catalog-queries.ts';
import { type DraftRelation, hidden, mark } from './draft-relation.ts';
import { Lineage } from './lineage.ts';
import { Routines } from './routines.ts';
import type { SqlParser } from './sql-parser.ts';
import { userDefinedOf } from './user-defined.ts';
import { definedViews, traceViews } from './view-lineage.ts';

/**
 * Works out what the rules mean in a target: from the columns they name to everything that holds the same values
 * by inheritance, partitioning, generated columns, row types, foreign tables and views. Without rules nothing is masked.
 */
export function buildCatalog(
  fingerprint: string,
  rows: CatalogRows,
  rules: readonly ColumnRule[],
  parser: Pick<SqlParser, 'parse'>,
): Catalog {
  const drafts = draftsOf(rows);
  const { userDefined, unsafe } = userDefinedOf(rows);
  const textTypes = new Set(rows.types.filter((row) => row[5] === 't').map((row) => Number(row[0])));
  const catalog = new Catalog(fingerprint, drafts.values(), userDefined, textTypes, {
    lineage: new Lineage(rows),
    routines: new Routines(rows),
    unread: new Set(rows.views.filter(([, definition]) => definition === null).map(([oid]) => Number(oid))),
  });
  if (rules.length === 0) return catalog;
  applyRules(drafts, rows, rules);
  const views = definedViews(rows, parser);
  // Each step can give the others something to do: a masked column of a partition, in a row type, in a view.
  let changed = true;
  while (changed) {
    changed =
      inherit(drafts, rows) ||
      generate(drafts, rows) ||
      carryRows(drafts, rows) ||
      traceViews(drafts, rows, catalog, unsafe, views);
  }
  return catalog;
}

function draftsOf(rows: CatalogRows): Map<number, DraftRelation> {
  const triggers = new Set(rows.triggers.map(([oid]) => oid));
  const rewrites = new Set(rows.rewrites.map(([oid]) => oid));
  const drafts = new Map<number, DraftRelation>();
  for (const [oid, schema, name, kind, rowType] of rows.relations) {
    drafts.set(Number(oid), {
      oid: Number(oid),
      schema: schema ?? '',
      name: name ?? '',
      kind: kind ?? '',
      rowType: Number(rowType),
      columns: new Map(),
      masked: new Map(),
      triggers: triggers.has(oid ?? ''),
      rewrites: rewrites.has(oid ?? ''),
    });
  }
  for (const [relation, number, name, type] of rows.columns) {
    drafts.get(Number(relation))?.columns.set(Number(number), { name: name ?? '', type: Number(type) });
  }
  return drafts;
}

/** A foreign table counts under its own name and under the one it has over there, which may be this very database. */
function applyRules(
  drafts: ReadonlyMap<number, DraftRelation>,
  rows: CatalogRows,
  rules: readonly ColumnRule[],
): void {
  const remote = new Map(rows.foreignTables.map(([oid, schema, table]) => [Number(oid), { schema, table }]));
  const remoteColumns = new Map(rows.foreignColumns.map(([oid, number, name]) => [`${oid} ${number}`, name]));
  for (const draft of drafts.values()) {
    if (draft.oid < FIRST_USER_OID || draft.kind === 'c') continue;
    const there = remote.get(draft.oid);
    for (const [number, { name }] of draft.columns) {
      mark(draft, number, matchRule(rules, draft.schema, draft.name, name));
      if (!there) continue;
      const column = remoteColumns.get(`${draft.oid} ${number}`) ?? name;
      const match = matchRule(rules, there.schema ?? draft.schema, there.table ?? draft.name, column);
      mark(draft, number, match && { ...match, column: `${draft.schema}.${draft.name}.${name}` });
    }
  }
}

/** By name between parent and child, both ways: a row of the one is a row of the other. */
function inherit(drafts: ReadonlyMap<number, DraftRelation>, rows: CatalogRows): boolean {
  let changed = false;
  for (const [child, parent] of rows.inherits) {
    const [a, b] = [drafts.get(Number(child)), drafts.get(Number(parent))];
    if (!a || !b) continue;
    changed = spread(a, b) || changed;
    changed = spread(b, a) || changed;
  }
  return changed;
}

function spread(from: DraftRelation, to: DraftRelation): boolean {
  if (from.masked.size === 0) return false;
  let changed = false;
  for (const [number, { name }] of to.columns) {
    for (const [other, masked] of from.masked) {
      if (from.columns.get(other)?.name === name) changed = mark(to, number, masked) || changed;
    }
  }
  return changed;
}

/** A generated column is computed from others: wholly hidden where one of them is masked. */
function generate(drafts: ReadonlyMap<number, DraftRelation>, rows: CatalogRows): boolean {
  let changed = false;
  for (const [relation, generated, source] of rows.generated) {
    const draft = drafts.get(Number(relation));
    const masked = draft?.masked.get(Number(source));
    if (draft && masked && generated !== source)
      changed = mark(draft, Number(generated), hidden(draft, Number(generated), masked)) || changed;
  }
  return changed;
}

/** Columns that hold whole rows of masked tables, alone, in arrays, domains or other row types. */
function carryRows(drafts: ReadonlyMap<number, DraftRelation>, rows: CatalogRows): boolean {
  const carrying = new Map<number, MaskedColumn>();
  for (const draft of drafts.values()) {
    const masked = draft.masked.values().next().value;
    if (masked && draft.rowType !== 0) carrying.set(draft.rowType, masked);
  }
  if (carrying.size === 0) return false;
  let changed = false;
  for (let size = 0; size !== carrying.size; ) {
    size = carrying.size;
    for (const [oid, , , element, base] of rows.types) {
      const inner = carrying.get(Number(element)) ?? carrying.get(Number(base));
      if (inner && !carrying.has(Number(oid))) carrying.set(Number(oid), inner);
    }
  }
  for (const draft of drafts.values()) {
    for (const [number, { type }] of draft.columns) {
      const masked = carrying.get(type);
      if (masked && !draft.masked.has(number))
        changed = mark(draft, number, hidden(draft, number, masked)) || changed;
    }
  }
  return changed;
}
