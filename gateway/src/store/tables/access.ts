import type {
  AuditId,
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
import type { JSONColumnType } from 'kysely';

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
  created_at: Date;
  expires_at: Date;
  decided_at: Date | null;
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
  reason: string | null;
  address: string | null;
  details: JSONColumnType<Record<string, unknown>>;
}

export interface AccessTables {
  access_requests: RequestRow;
  reviews: ReviewRow;
  grants: GrantRow;
  audit_events: AuditRow;
}
