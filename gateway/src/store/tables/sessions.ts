import type {
  GatewayId,
  GrantId,
  Protocol,
  Session,
  SessionId,
  SignInId,
  UserId,
} from '@drawbridge/contract';
import type { ColumnType, Generated } from 'kysely';

/** bigint: node-postgres hands these over as text. */
type Counter = ColumnType<string, number | undefined, number>;

interface SessionRow {
  id: SessionId;
  grant_id: GrantId;
  user_id: UserId;
  sign_in_id: SignInId;
  gateway_id: GatewayId;
  resource: string;
  profile: string;
  protocol: Protocol;
  state: Session['state'];
  started_at: Date;
  ended_at: Date | null;
  end_code: string | null;
  end_reason: string | null;
  client_address: string | null;
  client_name: string | null;
  statements: Counter;
  refused: Counter;
  rows: Counter;
  bytes_out: Counter;
  recording: Generated<Session['recording']>;
  /** Set by whoever wants it ended; the gateway that holds the session acts on it. */
  terminate_reason: string | null;
}

export interface SessionTables {
  sessions: SessionRow;
}
