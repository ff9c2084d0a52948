import type { CommandReviewId, GatewayId, SessionId, UserId } from '@drawbridge/contract';
import type { ColumnType } from 'kysely';

/** What was done to one thing within one minute of a session. */
interface SessionUseRow {
  session_id: SessionId;
  /** Its beginning. */
  minute: Date;
  /** Digest of action, object, decision and policies. */
  key: string;
  /** `user_id` and `resource` are those of the session. */
  user_id: UserId;
  resource: string;
  action: string;
  object: string | null;
  /** Of `object`, without its schema and column. */
  table_name: string | null;
  decision: 'allow' | 'deny';
  policies: string[];
  reviews: CommandReviewId[];
  /** bigint: node-postgres hands it over as text. */
  count: ColumnType<string, number, number>;
  first_at: Date;
  last_at: Date;
}

/** A gateway that ever served from this store. Times are the store's own, so that all gateways mean the same. */
interface GatewayRow {
  id: GatewayId;
  /** What people see the cluster called, and the machine that this one runs on. */
  name: string;
  host: string;
  version: string;
  started_at: Date;
  /** Its last sign of life. */
  seen_at: Date;
  /** It ended in order. */
  stopped_at: Date | null;
}

export interface UseTables {
  session_uses: SessionUseRow;
  gateways: GatewayRow;
}
