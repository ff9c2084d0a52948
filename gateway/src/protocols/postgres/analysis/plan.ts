import type { RecordedColumn } from '@drawbridge/contract';
import type { Action, Decision } from '../../../policy/decision.ts';

/** A refusal in PostgreSQL's words. */
export interface Refusal {
  /** SQLSTATE: `42501` by policy or masking, `42601` for what can't be parsed. */
  readonly sqlstate: string;
  /** What didn't happen and why, naming column and rule or policy. Without the `drawbridge: ` prefix. */
  readonly message: string;
  readonly hint?: string;
  /** 1-based character position in the text, as ErrorResponse field `P` wants it. */
  readonly position?: number;
}

/** What is known of one SQL text (one Query or Parse message) before it runs. Immutable, cached by text. */
export interface StatementPlan {
  /** The text as it may be recorded: passwords in role statements replaced. */
  readonly recordedText: string;
  /** Number of statements in the text; 0 for an empty query. */
  readonly count: number;
  readonly actions: readonly Action[];
  /** Qualified where the text says so: `public.customers`. */
  readonly tables: readonly string[];
  /** Where it `needs` something, it is held until that is met; the rest of the plan holds for when it runs then. */
  readonly decision: Decision;
  /** Set when it must not run, whoever approves. */
  readonly refusal?: Refusal;
  /** Whether every UPDATE, DELETE and MERGE in it has a condition; absent where there is none of them. */
  readonly hasWhere?: boolean;
  /** True when its results may hold masked columns, so that no row may pass before its RowDescription was seen. */
  readonly masks: boolean;
  /**
   * Folded names under which masked columns stand in its results. A column of such a name that comes without an
   * origin is refused, should PostgreSQL ever lose one.
   */
  readonly labels?: ReadonlySet<string>;
  /** How much of the target's error and notice texts may pass: they can quote values of masked columns. */
  readonly texts: 'pass' | 'without-details' | 'sqlstate-only';
}

/** Turns the rows of one result into what the client may see. Made from a RowDescription. */
export interface ResultMask {
  /** For the recording's `columns` event. `formats` are those of Bind where the RowDescription came from Describe(statement). */
  readonly columns: readonly RecordedColumn[];
  /** The RowDescription frame (type byte included) to send on; most often the bytes that came. */
  readonly rowDescription: Buffer;
  /**
   * Undefined where no column is masked: rows pass untouched. Otherwise rewrites one DataRow frame
   * (`frame[start..end)`, type byte and length included) into `out` at `at` and returns the new end offset;
   * `out` has at least `grow(end - start)` bytes left.
   */
  readonly maskRow?: (frame: Buffer, start: number, end: number, out: Buffer, at: number) => number;
  /** The most bytes that a row frame of `length` bytes can become. */
  readonly grow?: (length: number) => number;
}

/** One session's view: plans statements and masks results. */
export interface Analysis {
  /** Parses, classifies and decides. Synchronous when cached or when the catalog is loaded, which is nearly always. */
  plan(text: string): StatementPlan | Promise<StatementPlan>;
  /**
   * Plans the rows that a RowDescription frame announces. A `Refusal` when they can't be masked with certainty
   * (an origin the catalog doesn't know even after reloading).
   * @param frame RowDescription, type byte and length included.
   * @param plan of the statement it answers.
   * @param formats result format codes of Bind (as there: none, one for all, or one a column), where they are known.
   */
  describe(
    frame: Buffer,
    plan: StatementPlan,
    formats?: readonly number[],
  ): ResultMask | Refusal | Promise<ResultMask | Refusal>;
  /** Parse gives a name to a text that was planned: SQL's EXECUTE may run it, too. To be told before it is sent on. */
  prepared(name: string, text: string): void;
  /**
   * OIDs of the tables that a text names, where somebody else may have it planned, see `estimable`; undefined where not.
   */
  estimable(text: string): readonly number[] | undefined;
  /** The next plan looks at the catalog again: to be called when the session may have changed the catalog (DDL). */
  invalidate(): void;
}
