import type { MaskedColumn } from '../../../masking/rule-match.ts';
import type { Catalog, CatalogRelation } from './catalog.ts';
import { fold } from './fold.ts';
import { everyRangeVar, relationName, relationsOf } from './relations.ts';
import { descend, nodeAt, type SqlNode, textAt } from './sql-node.ts';

/** Columns that every table has and no rule masks (ddl-system-columns). */
const systemColumns = new Set(['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'oid']);

/**
 * What the names in one statement can mean where masking is concerned, whatever the scope they stand in. Scopes
 * are left out on purpose: a name that means something masked anywhere in the statement means it everywhere.
 */
export class ReferenceScope {
  /** Masked relations the statement names. */
  readonly touched: ReadonlySet<CatalogRelation>;
  /** Masked columns by folded name; of several, the first. */
  readonly columns: ReadonlyMap<string, MaskedColumn>;
  /** Masked relations by each folded name that stands for a whole row of them. */
  readonly rows: ReadonlyMap<string, readonly CatalogRelation[]>;
  /** Folded names of everything in any FROM, and of targets. */
  readonly declared: ReadonlySet<string>;
  readonly #catalog: Catalog;

  constructor(statement: SqlNode, catalog: Catalog) {
    this.#catalog = catalog;
    const touched = new Set<CatalogRelation>();
    const rows = new Map<string, CatalogRelation[]>();
    const declared = new Set<string>();
    const mean = (name: string, relations: readonly CatalogRelation[]) => {
      rows.set(fold(name), [...(rows.get(fold(name)) ?? []), ...relations]);
    };
    for (const rangeVar of everyRangeVar(statement)) {
      const masked = this.maskedAt(rangeVar);
      const alias = nodeAt(rangeVar, 'alias');
      declared.add(fold(alias ? textAt(alias, 'aliasname') : textAt(rangeVar, 'relname')));
      if (masked.length === 0) continue;
      for (const relation of masked) touched.add(relation);
      mean(textAt(rangeVar, 'relname'), masked);
      if (alias) mean(textAt(alias, 'aliasname'), masked);
    }
    for (const node of descend(statement)) {
      if (node.kind === 'Alias') declared.add(fold(textAt(node, 'aliasname')));
      // RETURNING can call the row before and after by any name; without WITH they are old and new.
      if (node.kind === 'ReturningOption' && touched.size > 0) mean(textAt(node, 'value'), [...touched]);
    }
    const written = relationsOf(statement).writes.flatMap((name) => catalog.lookup(name));
    const maskedTargets = written.filter((relation) => relation.masked.size > 0);
    if (maskedTargets.length > 0) for (const name of ['old', 'new', 'excluded']) mean(name, maskedTargets);
    const columns = new Map<string, MaskedColumn>();
    for (const relation of touched) {
      for (const [number, masked] of relation.masked) {
        const name = fold(relation.columns.get(number)?.name ?? '');
        if (!columns.has(name)) columns.set(name, masked);
      }
    }
    this.touched = touched;
    this.rows = rows;
    this.declared = declared;
    this.columns = columns;
  }

  /** The masked relations a RangeVar can mean. */
  maskedAt(rangeVar: SqlNode): readonly CatalogRelation[] {
    return this.#catalog.lookup(relationName(rangeVar)).filter((relation) => relation.masked.size > 0);
  }

  /** Whether a qualifier is declared and never means anything masked: then what it qualifies is harmless. */
  isHarmless(qualifier: string): boolean {
    return this.declared.has(qualifier) && !this.rows.has(qualifier);
  }

  /** Whether `qualifier.name` is a column in every masked relation the qualifier can mean. If not it's a function of the row. */
  isColumn(qualifier: string, name: string): boolean {
    const relations = this.rows.get(qualifier) ?? [];
    return (
      systemColumns.has(name) ||
      relations.every((relation) =>
        [...relation.columns.values()].some((column) => fold(column.name) === name),
      )
    );
  }

  /** Any masked column, to name one in a message about all of them. */
  get anyColumn(): MaskedColumn | undefined {
    return this.columns.values().next().value;
  }
}
