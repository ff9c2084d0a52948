import type { CatalogRows } from './catalog-queries.ts';
import { fold } from './fold.ts';
import { harmlessExtensions } from './harmless-extensions.ts';
import type { Call } from './tally.ts';

/** A function that isn't the system's own. */
export interface Routine {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /**
   * `none`: of an extension known to compute and no more. `read`: declared STABLE or IMMUTABLE, so that it may read
   * but changes nothing (xfunc-volatility). `exec`: whatever it likes.
   */
  readonly effect: 'none' | 'read' | 'exec';
  /** The system has a function of this name. */
  readonly shadows: boolean;
  /** `customers.name` can mean a call of it. */
  readonly ofRows: boolean;
}

/** Functions, operators and casts that somebody added to a target: what using them can do. */
export class Routines {
  readonly #byOid = new Map<number, Routine>();
  readonly #byName = new Map<string, Routine[]>();
  readonly #operators = new Set<string>();
  readonly #types = new Set<string>();
  /** Names of operators and domains with such a function behind them, by catalog (o, t) and OID. */
  readonly #acting = new Map<string, string>();

  constructor(rows: Pick<CatalogRows, 'functions' | 'operators' | 'casts' | 'domains' | 'types'>) {
    for (const [oid, name, extension, , schema, volatile, shadows, ofRows] of rows.functions) {
      const harmless = extension !== null && extension !== undefined && harmlessExtensions.has(extension);
      const routine: Routine = {
        oid: Number(oid),
        schema: schema ?? '',
        name: name ?? '',
        effect: harmless ? 'none' : volatile === 't' ? 'exec' : 'read',
        shadows: shadows === 't',
        ofRows: ofRows === 't',
      };
      this.#byOid.set(routine.oid, routine);
      const alike = this.#byName.get(fold(routine.name));
      if (alike) alike.push(routine);
      else this.#byName.set(fold(routine.name), [routine]);
    }
    const acts = (oid: string | null | undefined) => this.#byOid.get(Number(oid))?.effect === 'exec';
    for (const [oid, name, code] of rows.operators) {
      if (!acts(code)) continue;
      this.#operators.add(name ?? '');
      this.#acting.set(`o ${oid}`, name ?? '');
    }
    for (const [source, target, code] of rows.casts)
      if (acts(code)) this.#types.add(fold(source ?? '')).add(fold(target ?? ''));
    const domains = new Set(rows.domains.filter(([, code]) => acts(code)).map(([oid]) => oid));
    for (const [oid, name] of rows.types) {
      if (!domains.has(oid)) continue;
      this.#types.add(fold(name ?? ''));
      this.#acting.set(`t ${oid}`, name ?? '');
    }
  }

  byOid(oid: number): Routine | undefined {
    return this.#byOid.get(oid);
  }

  /** All that a call can mean: the search path and the types of its arguments are not looked at. */
  meant({ schema, name, asField }: Call): readonly Routine[] {
    const alike = this.#byName.get(fold(name)) ?? [];
    return alike.filter(
      (routine) =>
        (schema === undefined || fold(schema) === fold(routine.schema)) && (!asField || routine.ofRows),
    );
  }

  /** Whether a function that may change something can stand behind an operator of this name. */
  operatorActs(name: string): boolean {
    return this.#operators.has(name);
  }

  /** The same for a cast to a type of this name. */
  castActs(type: string): boolean {
    return this.#types.has(fold(type));
  }

  /** The name of an operator behind which there is a function that may change something; undefined where there is none. */
  actingOperator(oid: number): string | undefined {
    return this.#acting.get(`o ${oid}`);
  }

  /** The same for a domain whose constraints call one. */
  actingDomain(oid: number): string | undefined {
    return this.#acting.get(`t ${oid}`);
  }
}
