import type { ActionName } from '@drawbridge/contract';
import type { Action } from '../../../policy/decision.ts';
import type { Refusal } from './plan.ts';
import { type RelationName, type RowEffect, relationText } from './relations.ts';

/** One thing a statement does. */
export interface Act {
  readonly name: ActionName;
  /** The relation it is done to. */
  readonly relation?: RelationName;
  /** For a write: what else it does to rows that refer to those it changes. */
  readonly effect?: RowEffect;
  /** It is done to every relation of this schema. */
  readonly schema?: string;
  /** What it is done to or with where that is no relation: a setting, a kind of statement. */
  readonly object?: string;
}

/** A function as a text calls it. */
export interface Call {
  readonly schema?: string;
  readonly name: string;
  /** Written as a field, `customers.full_name`: a column most often. */
  readonly asField?: true;
  /** Run by CALL. */
  readonly procedure?: true;
}

/** What a statement calls besides the system's own; a catalog tells what it is. */
export interface Calls {
  readonly functions: readonly Call[];
  readonly operators: readonly string[];
  /** Types that something is cast to. */
  readonly types: readonly string[];
}

/** What one statement does, in the words of policy, as far as its text tells. */
export interface Classification {
  readonly verb: string;
  readonly acts: readonly Act[];
  readonly calls: Calls;
  readonly tables: readonly string[];
  /** Facts for policies, the same for every act. */
  readonly context: Action['context'];
  /** It runs UPDATE, DELETE or MERGE, which `context.hasWhere` is about then. */
  readonly changesRows: boolean;
  /** Names of prepared statements that it runs. */
  readonly executes: readonly string[];
  /** Names of cursors that it reads. */
  readonly fetches: readonly string[];
  /** What PREPARE gives a name. */
  readonly prepares?: { readonly name: string; readonly statement: Classification };
  /** The name DECLARE gives a cursor. */
  readonly declares?: string;
  /** Set where no permission helps: it would make gateway and server disagree on what a text means. */
  readonly refusal?: Refusal;
}

/** What a statement is found to do, gathered on the way through it. */
export class Tally {
  verb: string;
  hasWhere = false;
  changesRows = false;
  refusal: Refusal | undefined;
  prepares: Classification['prepares'];
  declares: string | undefined;
  readonly functions = new Set<string>();
  readonly tables = new Set<string>();
  readonly executes = new Set<string>();
  readonly fetches = new Set<string>();
  readonly #acts = new Map<string, Act>();
  readonly #called = new Map<string, Call>();
  readonly #operators = new Set<string>();
  readonly #types = new Set<string>();

  constructor(verb: string) {
    this.verb = verb;
  }

  add(name: ActionName, object?: string): void {
    this.#acts.set(`${name} ${object ?? ''}`, { name, ...(object !== undefined && { object }) });
  }

  touch(name: ActionName, relation: RelationName, effect?: RowEffect): void {
    const text = relationText(relation);
    this.tables.add(text);
    const key = [name, 'relation', text, relation.only, effect && JSON.stringify(effect)];
    this.#acts.set(key.join(' '), { name, relation, ...(effect && { effect }) });
  }

  touchSchema(name: ActionName, schema: string): void {
    this.#acts.set(`${name} schema ${schema}`, { name, schema });
  }

  call(call: Call): void {
    this.#called.set(`${call.schema ?? ''}.${call.name} ${call.asField ?? ''} ${call.procedure ?? ''}`, call);
  }

  operator(name: string): void {
    this.#operators.add(name);
  }

  type(name: string): void {
    this.#types.add(name);
  }

  get acts(): readonly Act[] {
    return [...this.#acts.values()];
  }

  has(name: ActionName): boolean {
    return this.acts.some((each) => each.name === name);
  }

  result(): Classification {
    const tables = [...this.tables];
    const { verb, hasWhere, changesRows, functions, executes, fetches, prepares, declares, refusal } = this;
    return {
      verb,
      acts: this.acts,
      calls: {
        functions: [...this.#called.values()],
        operators: [...this.#operators],
        types: [...this.#types],
      },
      tables,
      context: { verb, tables, hasWhere, functions: [...functions] },
      changesRows,
      executes: [...executes],
      fetches: [...fetches],
      ...(prepares && { prepares }),
      ...(declares !== undefined && { declares }),
      ...(refusal && { refusal }),
    };
  }
}
