import type { ActionName, CommandReviewId, Requirement } from '@drawbridge/contract';

/** One thing somebody is about to do, in protocol-neutral words; a statement gives one for each table it touches. */
export interface Action {
  readonly name: ActionName;
  /** What it is done to inside the resource, e.g. `public.customers`; absent where it is the resource itself. */
  readonly object?: string;
  /** Facts that policies may ask for: `verb`, `hasWhere`, `functions`, … (see *Policy* in docs). */
  readonly context: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /**
   * The target does it along with what was asked for: reading the tables of a view, or a table's partitions. It needs no
   * permit of its own, as PostgreSQL asks for no privilege of its own; but nothing may forbid it.
   */
  readonly implied?: true;
}

/** What policy answers. Whatever is not `allow` does not happen. */
export type Decision =
  | Answer
  | {
      readonly verdict: 'needs';
      readonly requirements: readonly Requirement[];
      readonly policies: readonly string[];
    };

export type Needs = Extract<Decision, { verdict: 'needs' }>;

/** A decision that nobody has to be asked about any more. `review`: what it waited for. */
export type Answer =
  | { readonly verdict: 'allow'; readonly policies: readonly string[]; readonly review?: CommandReviewId }
  | {
      readonly verdict: 'deny';
      readonly reason: string;
      readonly policies: readonly string[];
      /** Nothing permits it. Nothing forbids it either, once `requirements` are met. */
      readonly unpermitted?: true;
      readonly requirements?: readonly Requirement[];
      readonly review?: CommandReviewId;
    };
