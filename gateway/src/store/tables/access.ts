import type {
  AccessScope,
  AuditId,
  BrokenGlass,
  GrantId,
  GrantState,
  PrincipalRef,
  Protocol,
  RequestId,
  RequestState,
  Requirement,
  ReviewId,
  UserId,
} from '@drawbridge/contract';
import type { ColumnType, JSONColumnType } from 'kysely';

/** A column that holds JSON or nothing. */
type OptionalJson<T extends object> = ColumnType<T | null, string | null, string | null>;

interface RequestRow {
  id: RequestId;
  user_id: UserId;
  resource: string;
  /** `protocol` and `labels` as they were when asked. */
  protocol: Protocol;
  labels: JSONColumnType<Record<string, string>>;
  profile: string;
  /** Seconds. */
  duration: number;
  reason: string;
  state: RequestState;
  needs: JSONColumnType<Requirement[]>;
  /** The groups named in `needs`, to find what somebody may review. */
  review_groups: string[];
  /** Where it was asked from, for policies that ask. */
  address: string | null;
  scope: OptionalJson<AccessScope>;
  /** The grant that it prolongs. */
  extends: GrantId | null;
  /** Seconds that were given, which a reviewer may have shortened; null where it was not approved. */
  given: number | null;
  /** When further groups are to be asked next, and when some were asked last. */
  escalate_at: Date | null;
  escalated_at: Date | null;
  broken_glass: OptionalJson<BrokenGlass>;
  created_at: Date;
  expires_at: Date;
  decided_at: Date | null;
}

/** Each resource and profile of a request, the first of which its row repeats. */
interface RequestTargetRow {
  request_id: RequestId;
  position: number;
  user_id: UserId;
  resource: string;
  protocol: Protocol;
  labels: JSONColumnType<Record<string, string>>;
  profile: string;
  /** What this target alone needs. */
  needs: JSONColumnType<Requirement[]>;
  /** Whether its request is; the database keeps it so. */
  pending: boolean;
}

interface ReviewRow {
  id: ReviewId;
  request_id: RequestId;
  reviewer_id: UserId;
  /** The reviewer's groups at that moment: what the approval counts for. */
  reviewer_groups: string[];
  verdict: 'approve' | 'deny';
  /** Seconds, where the reviewer shortened the time. */
  duration: number | null;
  reason: string | null;
  created_at: Date;
}

interface GrantRow {
  id: GrantId;
  request_id: RequestId;
  user_id: UserId;
  resource: string;
  profile: string;
  state: GrantState;
  /** Seconds from first use. */
  duration: number;
  reason: string;
  scope: OptionalJson<AccessScope>;
  broken_glass: OptionalJson<BrokenGlass>;
  created_at: Date;
  activate_by: Date;
  activated_at: Date | null;
  expires_at: Date | null;
  ended_at: Date | null;
  ended_by: UserId | null;
  end_reason: string | null;
}

interface AuditRow {
  id: AuditId;
  at: Date;
  /** As they were named then; null where the gateway itself acted. */
  actor: JSONColumnType<PrincipalRef> | null;
  action: string;
  subject: string;
  /** The one it is about, where it is about one. */
  resource: string | null;
  reason: string | null;
  address: string | null;
  details: JSONColumnType<Record<string, unknown>>;
}

export interface AccessTables {
  access_requests: RequestRow;
  request_targets: RequestTargetRow;
  reviews: ReviewRow;
  grants: GrantRow;
  audit_events: AuditRow;
}
