import type { SchemaTable, SqlError, SqlHeld } from '../../../main/ipc/sql-port.ts';
import type { GridRows } from '../rows/grid-rows.ts';

export type ConsoleConnection =
  | { readonly status: 'connecting' }
  | {
      readonly status: 'ready';
      readonly session?: string;
      readonly database: string;
      readonly server: string;
    }
  /** It never came to be. */
  | { readonly status: 'failed'; readonly code: string; readonly message: string; readonly hint?: string }
  /** It is gone; `ended` where the gateway ended it. */
  | {
      readonly status: 'closed';
      readonly ended: boolean;
      readonly message: string;
      readonly session?: string;
    };

/** One result with columns. A new object whenever rows were added; `rows.store` is the same one and grows. */
export interface ResultView {
  /** Unique in the console. */
  readonly id: number;
  readonly rows: GridRows;
  readonly length: number;
  /** PostgreSQL's command tag once it is complete. */
  readonly tag?: string;
}

export interface RunNotice {
  readonly severity: string;
  readonly message: string;
}

export type RunOutcome =
  | {
      readonly kind: 'ok';
      readonly rows: number;
      readonly tags: readonly string[] /** How many gave columns. */;
      readonly results: number;
    }
  | { readonly kind: 'error'; readonly error: SqlError }
  | { readonly kind: 'cancelled'; readonly rows: number }
  /** The connection ended first: nobody knows how far it came. */
  | { readonly kind: 'lost' };

/** What ran, for Messages. */
export interface RunLog {
  readonly run: number;
  readonly text: string;
  readonly purpose: RunPurpose;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly milliseconds?: number;
  /** Milliseconds until the first row. */
  readonly firstRow?: number;
  readonly notices: readonly RunNotice[];
  /** The command review it waits or waited for. */
  readonly review?: string;
  /** Undefined while it runs. */
  readonly outcome?: RunOutcome;
}

export type RunPurpose = 'query' | 'explain';

export interface ConsoleState {
  readonly connection: ConsoleConnection;
  readonly transaction: 'idle' | 'open' | 'failed';
  /** Latest last. */
  readonly log: readonly RunLog[];
  readonly running: boolean;
  readonly cancelling: boolean;
  readonly results: readonly ResultView[];
  /** What is waited for while the gateway holds what was sent. */
  readonly held?: SqlHeld;
  /** Rows at which it waits for somebody to want more. */
  readonly paused?: number;
  /** The latest EXPLAIN, as the JSON text that came. */
  readonly plan?: { readonly text: string; readonly statement: string };
  readonly schema?: readonly SchemaTable[];
}
