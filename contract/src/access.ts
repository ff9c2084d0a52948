import { z } from 'zod';
import { MaskKind, Protocol } from './documents.ts';
import { GrantId, Name, RequestId, ReviewId, SessionId, Timestamp } from './ids.ts';
import { PrincipalRef } from './principal.ts';

/** What must happen before a denial turns into an approval: the annotations of the forbids that decided. */
export const Requirement = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('approve'),
    /** How many distinct people. */
    count: z.int().min(1),
    /** Any of these groups may give one. */
    groups: z.array(z.string()).min(1),
    /** Groups that are asked too, and may approve, once nobody has decided for `after` seconds. */
    escalate: z.object({ after: z.int().positive(), groups: z.array(z.string()).min(1) }).optional(),
    /** Groups that are told at once where somebody proceeds without waiting; absent where nobody may. */
    breakGlass: z.array(z.string()).min(1).optional(),
    policy: z.string(),
    message: z.string().optional(),
  }),
  z.object({
    kind: z.literal('justify'),
    ticket: z.boolean(),
    policy: z.string(),
    message: z.string().optional(),
  }),
]);
export type Requirement = z.infer<typeof Requirement>;

/** Somebody went ahead without the approval that policy asks for, and says why. */
export const BrokenGlass = z.object({
  reason: z.string(),
  at: Timestamp,
  /** Groups that were told. */
  told: z.array(z.string()),
});
export type BrokenGlass = z.infer<typeof BrokenGlass>;

/** `schema.table` or `schema.*`, as the database folds names. */
export const TablePattern = z
  .string()
  .max(200)
  .regex(/^[^.*\s]+\.(?:\*|[^.*\s]+)$/, 'must be schema.table or schema.*, like public.orders');

/** What a requester does without: a grant narrowed to some tables, or to some commands, of what its profile allows. */
export const AccessScope = z.strictObject({
  /** Statements may touch these tables and no others; the system catalogs stay readable. */
  tables: z.array(TablePattern).min(1).max(100).optional(),
  /** Only these programs may be run, each as one command; no shell, no files, no forwarding. */
  commands: z.array(z.string().min(1).max(200)).min(1).max(100).optional(),
});
export type AccessScope = z.infer<typeof AccessScope>;

/** One resource and profile of a request. `protocol` and `labels` as they were when asked. */
export const RequestTarget = z.object({
  resource: Name,
  protocol: Protocol,
  labels: z.record(z.string(), z.string()),
  profile: Name,
});
export type RequestTarget = z.infer<typeof RequestTarget>;

export const ReviewVerdict = z.enum(['approve', 'deny']);

export const Review = z.object({
  id: ReviewId,
  requestId: RequestId,
  reviewer: PrincipalRef,
  verdict: ReviewVerdict,
  /** Seconds, where the reviewer shortened the time. */
  duration: z.int().positive().optional(),
  reason: z.string().optional(),
  createdAt: Timestamp,
});
export type Review = z.infer<typeof Review>;

export const RequestState = z.enum(['pending', 'approved', 'denied', 'expired', 'cancelled']);
export type RequestState = z.infer<typeof RequestState>;

export const AccessRequest = z.object({
  id: RequestId,
  principal: PrincipalRef,
  resource: Name,
  /** `protocol` and `labels` as they were when asked, so that a reviewer sees what production is. */
  protocol: Protocol,
  labels: z.record(z.string(), z.string()),
  profile: Name,
  /** Everything it asks for, the resource above first; each becomes a grant of its own by one review. */
  targets: z.array(RequestTarget).min(1),
  scope: AccessScope.optional(),
  /** The grant that it prolongs: `duration` then counts from the approval. */
  extends: GrantId.optional(),
  /** Seconds of access asked for. */
  duration: z.int().positive(),
  reason: z.string(),
  state: RequestState,
  needs: z.array(Requirement),
  reviews: z.array(Review),
  /** Whether the caller may review it now. */
  reviewable: z.boolean(),
  /** When nobody had answered and further groups were asked. */
  escalatedAt: Timestamp.optional(),
  brokenGlass: BrokenGlass.optional(),
  grantId: GrantId.optional(),
  /** One for each of `targets` once approved, in their order. */
  grantIds: z.array(GrantId).default([]),
  createdAt: Timestamp,
  /** When a pending request lapses. */
  expiresAt: Timestamp,
  decidedAt: Timestamp.optional(),
});
export type AccessRequest = z.infer<typeof AccessRequest>;

export const GrantState = z.enum(['approved', 'active', 'expired', 'revoked', 'ended']);
export type GrantState = z.infer<typeof GrantState>;

export const Grant = z.object({
  id: GrantId,
  requestId: RequestId,
  principal: PrincipalRef,
  resource: Name,
  profile: Name,
  state: GrantState,
  /** Seconds from first use. */
  duration: z.int().positive(),
  reason: z.string(),
  scope: AccessScope.optional(),
  approvedBy: z.array(PrincipalRef),
  brokenGlass: BrokenGlass.optional(),
  createdAt: Timestamp,
  /** First use must come before this. */
  activateBy: Timestamp,
  activatedAt: Timestamp.optional(),
  /** Absolute once active. */
  expiresAt: Timestamp.optional(),
  endedAt: Timestamp.optional(),
  /** Who ended it and why, for `revoked` and `ended`. */
  endedBy: PrincipalRef.optional(),
  endReason: z.string().optional(),
});
export type Grant = z.infer<typeof Grant>;

/** What the caller may do with one profile of a resource, as policy stands. */
export const ProfileAccess = z.object({
  name: Name,
  allow: z.array(z.string()),
  /** Seconds; the profile's own limit. */
  maxDuration: z.int().positive(),
  /** `open`: a request is granted at once. `review`: somebody has to approve. `denied`: policy forbids asking. */
  access: z.enum(['open', 'review', 'denied']),
  needs: z.array(Requirement),
  /** Why it is denied, and by which policies. */
  explanation: z.string().optional(),
  policies: z.array(z.string()),
});
export type ProfileAccess = z.infer<typeof ProfileAccess>;

/** A resource as a principal sees it: never where it is or how it is signed in to. */
export const Resource = z.object({
  name: Name,
  description: z.string().optional(),
  protocol: Protocol,
  labels: z.record(z.string(), z.string()),
  /** Database name to put into a client, for protocols that have one. */
  database: z.string().optional(),
  profiles: z.array(ProfileAccess),
  maskedColumns: z.array(z.object({ column: z.string(), mask: MaskKind, rule: Name })),
  /** What is masked in text: a detector's name, or `pattern` where a rule has its own. */
  maskedText: z.array(z.object({ detect: z.string(), mask: MaskKind, rule: Name })).default([]),
  /** The caller's own usable grant and waiting request, if any. */
  grant: Grant.optional(),
  pending: AccessRequest.optional(),
});
export type Resource = z.infer<typeof Resource>;

export const SessionState = z.enum(['live', 'closed']);

export const Session = z.object({
  id: SessionId,
  grantId: GrantId,
  principal: PrincipalRef,
  resource: Name,
  profile: Name,
  protocol: Protocol,
  state: SessionState,
  startedAt: Timestamp,
  endedAt: Timestamp.optional(),
  /** Machine-readable reason, see `SessionEndCode`. */
  endCode: z.string().optional(),
  endReason: z.string().optional(),
  clientAddress: z.string().optional(),
  clientName: z.string().optional(),
  statements: z.int().nonnegative(),
  refused: z.int().nonnegative(),
  rows: z.int().nonnegative(),
  bytesOut: z.int().nonnegative(),
  recording: z.enum(['open', 'sealed', 'sealed-after-crash', 'missing']),
  /** What the caller may do to it while it is live: see what happens in it, and end it. Neither once it is closed. */
  may: z.object({ watch: z.boolean(), terminate: z.boolean() }).default({ watch: false, terminate: false }),
});
export type Session = z.infer<typeof Session>;

/** Why a session ended. `client` and `target` are ordinary closes; the rest is the kill switch. */
export const SessionEndCode = z.enum([
  'client_closed',
  'target_closed',
  'protocol_error',
  'target_error',
  'grant_expired',
  'grant_revoked',
  'signed_out',
  'terminated',
  'policy_changed',
  'resource_removed',
  'recording_failed',
  'store_lost',
  'gateway_shutdown',
  'gateway_crashed',
]);
export type SessionEndCode = z.infer<typeof SessionEndCode>;
