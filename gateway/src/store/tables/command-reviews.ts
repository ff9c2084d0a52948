import type {
  CommandReview,
  CommandReviewId,
  CommandReviewState,
  GrantId,
  Protocol,
  Requirement,
  SessionId,
  UserId,
} from '@drawbridge/contract';
import type { Generated, JSONColumnType } from 'kysely';

interface CommandReviewRow {
  id: CommandReviewId;
  session_id: SessionId;
  grant_id: GrantId;
  /** Who sent it. */
  user_id: UserId;
  resource: string;
  /** `protocol` and `labels` as they were when asked. */
  protocol: Protocol;
  labels: JSONColumnType<Record<string, string>>;
  profile: string;
  kind: CommandReview['kind'];
  /** Text, parameters and what they touch: they can hold personal data. See `CommandText`. */
  sealed: string;
  /** What exactly is approved, as a hash. See `commandBinding`. */
  binding: string;
  estimated_rows: number | null;
  needs: JSONColumnType<Requirement[]>;
  policies: string[];
  /** The groups that are asked by now, to find what somebody may review. */
  review_groups: string[];
  state: CommandReviewState;
  state_reason: string | null;
  /** When further groups are asked next. */
  escalate_at: Date | null;
  /** When further groups were asked last. */
  escalated_at: Date | null;
  /** Why its sender went ahead without approval. */
  glass_reason: string | null;
  /** The groups that were told so. */
  told_groups: Generated<string[]>;
  created_at: Date;
  expires_at: Date;
  decided_at: Date | null;
  /** When the gateway that held it let it go: once. */
  used_at: Date | null;
}

interface CommandVoteRow {
  review_id: CommandReviewId;
  reviewer_id: UserId;
  /** The reviewer's groups at that moment: what the approval counts for. */
  reviewer_groups: string[];
  verdict: 'approve' | 'deny';
  reason: string | null;
  created_at: Date;
}

export interface CommandReviewTables {
  command_reviews: CommandReviewRow;
  command_votes: CommandVoteRow;
}
