import type { ActionName, Requirement } from '@drawbridge/contract';

/** One thing somebody is about to do, in protocol-neutral words; a statement gives one for each table it touches. */
export interface Action {
  readonly name: ActionName;
  /** What it is done to inside the resource, e.g. `public.customers`; absent where it is the resource itself. */
  readonly object?: string;
  /** Facts that policies may ask for: `verb`, `hasWhere`, `functions`, … (see *Policy* in docs). */
  readonly context: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/** What policy answers. Whatever is not `allow` does not happen. */
export type Decision =
  | { readonly verdict: 'allow'; readonly policies: readonly string[] }
  | { readonly verdict: 'deny'; readonly reason: string; readonly policies: readonly string[] }
  | {
      readonly verdict: 'needs';
      readonly requirements: readonly Requirement[];
      readonly policies: readonly string[];
    };
