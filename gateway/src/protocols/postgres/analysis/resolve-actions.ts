import type { ActionName } from '@drawbridge/contract';
import type { Action } from '../../../policy/decision.ts';
import { builtinEffect } from './builtin-functions.ts';
import type { Catalog, CatalogRelation } from './catalog.ts';
import { fold } from './fold.ts';
import { type RelationName, type RowEffect, relationText } from './relations.ts';
import type { Act, Call, Classification } from './tally.ts';
import type { ViewCall, ViewQuery } from './view-query.ts';

export interface Resolved {
  readonly actions: readonly Action[];
  /** Relations it reads or writes that the catalog doesn't know. */
  readonly unknown: readonly RelationName[];
  /** It runs code of somebody's own, which may give names to prepared statements. */
  readonly runsCode: boolean;
}

/**
 * The actions of a statement: what its text says, and with a catalog what that means there. A name stands for every
 * relation or function it can mean, whatever the search path is; a partition or child for what it belongs to, and the
 * other way round (but for ONLY); a view for what it reads and, written to, for what it writes; a deleted row for those
 * that a foreign key deletes with it; a rule for all it names. Triggers are not followed: they belong to the write.
 */
export function resolveActions(classification: Classification, catalog: Catalog | undefined): Resolved {
  const resolution = new Resolution(catalog);
  resolution.take(classification);
  return resolution.result(classification);
}

/** No column has this name: identifiers have a character at least. */
const ANY_COLUMN = '';
/** What a statement without acts left does: nothing but compute. */
const computing = { name: 'sql.read' } as const;
/** Statistics that quote values of any table. */
const quoting: ReadonlySet<string> = new Set(
  'pg_statistic pg_stats pg_statistic_ext_data pg_stats_ext pg_stats_ext_exprs'.split(' '),
);
/** Kinds of relations that have rows of their own: tables, partitioned and foreign ones, materialized views. */
const holding: ReadonlySet<string> = new Set(['r', 'p', 'f', 'm']);
/** Acts whose relation has to be there. */
const needing: ReadonlySet<ActionName> = new Set(['sql.read', 'sql.write', 'sql.copy']);

/** How a relation is touched. `implied`: along with another, see `Action`. */
interface How {
  readonly effect?: RowEffect | undefined;
  readonly implied?: boolean;
}

class Resolution {
  readonly #catalog: Catalog | undefined;
  readonly #acts = new Map<string, Omit<Action, 'context'>>();
  readonly #tables = new Set<string>();
  readonly #seen = new Set<string>();
  readonly #unknown: RelationName[] = [];
  #runsCode = false;

  constructor(catalog: Catalog | undefined) {
    this.#catalog = catalog;
  }

  result({ context }: Classification): Resolved {
    const about: Action['context'] = { ...context, tables: [...this.#tables] };
    const acts = this.#acts.size > 0 ? [...this.#acts.values()] : [computing];
    return {
      actions: acts.map((act) => ({ ...act, context: about })),
      unknown: this.#unknown,
      runsCode: this.#runsCode,
    };
  }

  take({ acts, calls, verb }: Classification): void {
    for (const act of acts) this.#act(act);
    if (verb === 'do') this.#runsCode = true;
    for (const call of calls.functions) this.#call(call);
    const routines = this.#catalog?.routines;
    if (!routines) return;
    for (const name of calls.operators) if (routines.operatorActs(name)) this.#code(`operator ${name}`);
    for (const name of calls.types) if (routines.castActs(name)) this.#code(`cast to ${name}`);
  }

  #add(name: ActionName, object?: string, implied = false): void {
    const key = `${name} ${object ?? ''}`;
    if (implied && this.#acts.has(key)) return;
    this.#acts.set(key, { name, ...(object !== undefined && { object }), ...(implied && { implied }) });
  }

  #code(object: string): void {
    this.#runsCode = true;
    this.#add('sql.exec', object);
  }

  #act({ name, relation, schema, effect, object }: Act): void {
    if (relation) this.#touch(name, relation, effect);
    else if (schema !== undefined) this.#touchSchema(name, schema);
    else this.#add(name, object);
  }

  #touch(name: ActionName, relation: RelationName, effect: RowEffect | undefined): void {
    // Where long values of tables are kept, under numbers; nobody has a reason to look there.
    if (fold(relation.schema ?? relation.name).startsWith('pg_toast'))
      this.#add('sql.unanalyzable', relationText(relation));
    const meant = this.#catalog?.lookup(relation) ?? [];
    for (const each of meant) this.#touchFamily(name, each, relation.only === true, { effect });
    if (meant.length > 0) return;
    const text = relationText(relation);
    this.#tables.add(text);
    this.#add(name, text);
    if (needing.has(name)) this.#unknown.push(relation);
  }

  #touchSchema(name: ActionName, schema: string): void {
    this.#add(name);
    for (const relation of this.#catalog?.relations() ?? [])
      if (fold(relation.schema) === fold(schema)) this.#touchOne(name, relation, {});
  }

  /** What holds for a table has to hold for its partitions by their own names, and is done to them under its name. */
  #touchFamily(name: ActionName, relation: CatalogRelation, only: boolean, how: How): void {
    this.#touchOne(name, relation, how);
    const lineage = this.#catalog?.lineage;
    if (!lineage) return;
    const family = [...lineage.ancestors(relation.oid), ...(only ? [] : lineage.descendants(relation.oid))];
    for (const oid of family) this.#touchAlong(name, oid, how.effect);
  }

  /** PostgreSQL asks for no privilege on it, so policy for no permit. */
  #touchAlong(name: ActionName, oid: number, effect?: RowEffect): void {
    const relation = this.#catalog?.relation(oid);
    if (relation) this.#touchOne(name, relation, { effect, implied: true });
  }

  #touchOne(name: ActionName, relation: CatalogRelation, { effect, implied }: How): void {
    const text = `${schemaOf(relation)}.${relation.name}`;
    this.#tables.add(text);
    // The system's own tables are no data: who writes there changes the server.
    const system = name === 'sql.write' && isSystemSchema(relation.schema);
    this.#add(system ? 'sql.exec' : name, text, implied);
    const key = `${name} ${relation.oid} ${effect === undefined ? '' : JSON.stringify(effect)}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    if (name === 'sql.read') this.#readThrough(relation);
    if (name === 'sql.copy') this.#beneath('sql.copy', relation, this.#queryOf(relation)?.reads ?? []);
    if (name === 'sql.write') this.#writeThrough(relation, effect ?? {});
  }

  #readThrough(relation: CatalogRelation): void {
    if (relation.schema === 'pg_catalog' && quoting.has(relation.name)) this.#readAll();
    const query = this.#queryOf(relation);
    // A materialized view has been computed: reading it calls nothing.
    if (relation.kind === 'm') this.#beneath('sql.read', relation, query?.reads ?? []);
    else if (query) this.#run(relation, query);
  }

  #readAll(): void {
    for (const relation of this.#catalog?.relations() ?? [])
      if (holding.has(relation.kind) && !isSystemSchema(relation.schema))
        this.#touchOne('sql.read', relation, {});
  }

  /** What the query of a view does. It reads with its owner's privileges; what else it does, its reader does. */
  #run(view: CatalogRelation, { reads, locks, calls, needs }: ViewQuery): void {
    this.#beneath('sql.read', view, reads);
    if (reads.length === 0) this.#add('sql.read');
    if (locks) this.#beneath('sql.write', view, reads, { implied: false });
    const sequences = needs.flatMap(({ kind, oid }) => (kind === 'r' ? (this.#sequence(oid) ?? []) : []));
    for (const call of calls) this.#systemCall(call, sequences);
    const routines = this.#catalog?.routines;
    for (const { kind, oid } of needs) {
      const routine = kind === 'f' ? routines?.byOid(oid) : undefined;
      if (routine) this.#routine(routine);
      const operator = kind === 'o' ? routines?.actingOperator(oid) : undefined;
      if (operator !== undefined) this.#code(`operator ${operator}`);
      const domain = kind === 't' ? routines?.actingDomain(oid) : undefined;
      if (domain !== undefined) this.#code(`cast to ${domain}`);
    }
  }

  /** The same is done to what a view reads. */
  #beneath(
    name: ActionName,
    view: CatalogRelation,
    reads: ViewQuery['reads'],
    how: How = { implied: true },
  ): void {
    for (const { oid, only } of reads) {
      const relation = this.#catalog?.relation(oid);
      if (relation) this.#touchFamily(name, relation, only, how);
      else this.#unanalyzable(view);
    }
  }

  #sequence(oid: number): CatalogRelation | undefined {
    const relation = this.#catalog?.relation(oid);
    return relation?.kind === 'S' ? relation : undefined;
  }

  /** A function of the system in a view. */
  #systemCall({ schema, name, constant }: ViewCall, sequences: readonly CatalogRelation[]): void {
    const text = schema === 'pg_catalog' ? name : `${schema}.${name}`;
    const effect = schema === 'pg_catalog' ? builtinEffect(name) : undefined;
    // What it sets isn't looked at here.
    if (effect === undefined || name === 'set_config') this.#code(text);
    else if (effect === 'session') this.#add('sql.session');
    else if (effect === 'write') {
      const named = constant ? sequences : [];
      for (const sequence of named) this.#touchOne('sql.write', sequence, {});
      if (named.length === 0) this.#add('sql.write');
    }
  }

  #writeThrough(relation: CatalogRelation, effect: RowEffect): void {
    const catalog = this.#catalog;
    if (!catalog) return;
    for (const { kind, oid } of catalog.lineage.rules(relation.oid) ?? []) {
      const code = kind === 'f' ? catalog.routines.byOid(oid) : undefined;
      if (code) this.#routine(code);
      if (kind !== 'r') continue;
      this.#touchAlong('sql.read', oid);
      this.#touchAlong('sql.write', oid);
    }
    const updated = (effect.updates ?? []).map(fold);
    const any = effect.updates?.includes(ANY_COLUMN);
    const columns = [...relation.columns].filter(([, { name }]) => any || updated.includes(fold(name)));
    const numbers = new Set(columns.map(([number]) => number));
    for (const { oid, effect: there } of catalog.lineage.changedWith(relation.oid, effect, numbers))
      this.#touchAlong('sql.write', oid, there);
    const query = this.#queryOf(relation);
    if (!query) return;
    // A REFRESH runs the query; a write to a view goes to what the view is of, or, since a trigger or rule decides, to
    // anything it reads.
    this.#run(relation, query);
    if (relation.kind === 'm') return;
    const { base, reads } = query;
    const bases = base === undefined ? reads : reads.filter(({ oid }) => oid === base);
    this.#beneath('sql.write', relation, bases, { effect: throughView(effect), implied: true });
  }

  /** Undefined for what isn't a view of somebody's own, and where that can't be told. */
  #queryOf(relation: CatalogRelation): ViewQuery | undefined {
    const query = this.#catalog?.lineage.view(relation.oid);
    if (query === null) this.#unanalyzable(relation);
    return query ?? undefined;
  }

  #unanalyzable({ schema, name }: CatalogRelation): void {
    this.#add('sql.unanalyzable', `${schema}.${name}`);
  }

  #call(call: Call): void {
    const { schema, name, asField, procedure } = call;
    const meant = this.#catalog?.routines.meant(call) ?? [];
    for (const routine of meant) {
      if (procedure) this.#code(`${routine.schema}.${routine.name}`);
      else this.#routine(routine);
    }
    if (asField) return;
    const builtin = schema === undefined ? builtinEffect(name) : undefined;
    const own = meant.length > 0 && (schema !== undefined || meant.every(({ shadows }) => !shadows));
    if (builtin === undefined && !own) this.#code(schema === undefined ? name : `${schema}.${name}`);
  }

  #routine({ schema, name, effect }: { schema: string; name: string; effect: string }): void {
    if (effect === 'exec') this.#code(`${schema}.${name}`);
    else if (effect === 'read') this.#add('sql.read', `${schema}.${name}()`);
  }
}

const isSystemSchema = (schema: string): boolean =>
  schema === 'pg_catalog' || schema === 'information_schema';

/** Each session's temporary schema has a number, which nobody could write policies for. */
const schemaOf = ({ schema }: CatalogRelation): string => (/^pg_temp_\d+$/.test(schema) ? 'pg_temp' : schema);

/** The columns of a view may have other names than those they come from. */
const throughView = ({ deletes, updates }: RowEffect): RowEffect => ({
  ...(deletes && { deletes }),
  ...(updates && { updates: [ANY_COLUMN] }),
});
