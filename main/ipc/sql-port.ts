import type { CommandReviewId, MaskKind } from '@drawbridge/contract';

/**
 * What a SQL console and its connection say to each other over a MessagePort. The connection lives in the
 * main process; rows travel as the bytes of PostgreSQL DataRow frames in text format (decode with
 * `decodeDataRows` of the contract), several hundred at a time, and main stops reading from the gateway
 * when more than `SQL_CREDIT` chunks are unacknowledged.
 */
export const SQL_CREDIT = 4;

export type SqlRequest =
  /** Runs the text as one simple query; `run` counts up. */
  | { readonly type: 'run'; readonly run: number; readonly text: string }
  | { readonly type: 'cancel' }
  /** One `rows` chunk was taken over. */
  | { readonly type: 'ack' }
  /** Asks for the schema tree (`schema` answers), for the sidebar and completion. */
  | { readonly type: 'schema' }
  | { readonly type: 'close' };

export interface SqlColumn {
  readonly name: string;
  readonly typeOid: number;
  readonly typeName: string;
  readonly masked?: { readonly rule: string; readonly mask: MaskKind; readonly column: string };
}

export interface SqlError {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  /** 1-based character position in the text that ran. */
  readonly position?: number;
  /** True where Drawbridge refused it: nothing reached the database. */
  readonly refused: boolean;
}

export interface SchemaTable {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'view' | 'materialized view' | 'foreign table' | 'partitioned table';
  /** The planner's estimate; undefined where there is none. */
  readonly rows?: number;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly key: boolean;
    readonly masked: boolean;
  }[];
}

/** What a console waits for while the gateway holds what it sent. */
export interface SqlHeld {
  /** The command review. */
  readonly id: CommandReviewId;
  /** What each requirement waits for, in words: `approval of dba`. */
  readonly waitsFor: readonly string[];
  /** RFC 3339; it fails then if nobody has decided. */
  readonly expiresAt: string;
  /** Whether the person may go ahead at once with a written reason. */
  readonly breakable: boolean;
}

export type SqlEvent =
  | { readonly type: 'ready'; readonly session?: string; readonly database: string; readonly server: string }
  | { readonly type: 'transaction'; readonly state: 'idle' | 'open' | 'failed' }
  | {
      readonly type: 'columns';
      readonly run: number;
      readonly result: number;
      readonly columns: readonly SqlColumn[];
    }
  | {
      readonly type: 'rows';
      readonly run: number;
      readonly result: number;
      readonly count: number;
      readonly frames: Uint8Array;
    }
  | {
      readonly type: 'result';
      readonly run: number;
      readonly result: number;
      readonly tag: string;
      readonly rows: number;
      readonly milliseconds: number;
    }
  | { readonly type: 'notice'; readonly run: number; readonly severity: string; readonly message: string }
  | { readonly type: 'error'; readonly run: number; readonly error: SqlError; readonly milliseconds: number }
  /** The gateway holds what was sent until people decide; without `held` it no longer does. */
  | { readonly type: 'held'; readonly held?: SqlHeld }
  /** The run is over; the next may start. */
  | { readonly type: 'done'; readonly run: number; readonly milliseconds: number; readonly firstRow?: number }
  | { readonly type: 'schema'; readonly tables: readonly SchemaTable[] }
  /** The connection is gone; `ended` where the gateway ended it (expiry, revocation, …). */
  | { readonly type: 'closed'; readonly ended: boolean; readonly message: string };
