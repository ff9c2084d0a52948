import type { MaskedColumn } from '../../../masking/rule-match.ts';
import { fold } from './fold.ts';
import type { Lineage } from './lineage.ts';
import type { RelationName } from './relations.ts';
import type { Routines } from './routines.ts';

export interface CatalogColumn {
  readonly name: string;
  /** OID of its type. */
  readonly type: number;
}

export interface CatalogRelation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** `pg_class.relkind`: r table, p partitioned table, v view, m materialized view, f foreign table, S sequence, c type. */
  readonly kind: string;
  /** By attribute number; empty for relations of the system. */
  readonly columns: ReadonlyMap<number, CatalogColumn>;
  /** By attribute number. */
  readonly masked: ReadonlyMap<number, MaskedColumn>;
  /** Why nothing of it can be shown at all, e.g. a view that computes with a masked column. */
  readonly taint?: string;
  /** That is only for now: it, or a view beneath it, couldn't be read for a lock. */
  readonly unread?: boolean;
  /** Whether user-defined triggers or rewrite rules run when it is written to. */
  readonly triggers: boolean;
  readonly rewrites: boolean;
}

/** Names that aren't the system's own and may do anything: read masked tables, for one. */
export interface UserDefined {
  /** Folded names of functions, without schema. */
  readonly functions: ReadonlySet<string>;
  /** Folded names of functions of extensions that are known to compute and nothing else. */
  readonly harmlessFunctions: ReadonlySet<string>;
  readonly operators: ReadonlySet<string>;
  /** Folded names of types to which casting runs such functions. */
  readonly types: ReadonlySet<string>;
}

/** The first OID of what isn't made by initdb (`FirstNormalObjectId`, transam.h). */
export const FIRST_USER_OID = 16_384;

/** What a target's catalog says about masking, and about what statements do beyond their text, at one moment. Immutable. */
export class Catalog {
  /** Changes when anything in the target's schema changes. */
  readonly fingerprint: string;
  readonly userDefined: UserDefined;
  /** Types besides the system's own whose values are text, like citext. */
  readonly textTypes: ReadonlySet<number>;
  readonly lineage: Lineage;
  readonly routines: Routines;
  /** OIDs of views whose definition couldn't be read for a lock. */
  readonly unread: ReadonlySet<number>;
  readonly #byOid: ReadonlyMap<number, CatalogRelation>;
  readonly #byName: ReadonlyMap<string, readonly CatalogRelation[]>;

  constructor(
    fingerprint: string,
    relations: Iterable<CatalogRelation>,
    userDefined: UserDefined,
    textTypes: ReadonlySet<number>,
    beyond: { readonly lineage: Lineage; readonly routines: Routines; readonly unread?: ReadonlySet<number> },
  ) {
    this.fingerprint = fingerprint;
    this.userDefined = userDefined;
    this.textTypes = textTypes;
    this.lineage = beyond.lineage;
    this.routines = beyond.routines;
    this.unread = beyond.unread ?? new Set();
    const byOid = new Map<number, CatalogRelation>();
    const byName = new Map<string, CatalogRelation[]>();
    for (const relation of relations) {
      byOid.set(relation.oid, relation);
      const name = fold(relation.name);
      const alike = byName.get(name);
      if (alike) alike.push(relation);
      else byName.set(name, [relation]);
    }
    this.#byOid = byOid;
    this.#byName = byName;
  }

  relations(): Iterable<CatalogRelation> {
    return this.#byOid.values();
  }

  relation(oid: number): CatalogRelation | undefined {
    return this.#byOid.get(oid);
  }

  /**
   * All that a name can mean. Without a schema that is every relation of this name anywhere: the search path is
   * the session's to change at any time, so nothing may hang on it.
   */
  lookup({ schema, name }: RelationName): readonly CatalogRelation[] {
    const alike = this.#byName.get(fold(name)) ?? [];
    if (schema === undefined || fold(schema) === 'pg_temp') return alike;
    return alike.filter((relation) => fold(relation.schema) === fold(schema));
  }
}
