import { z } from 'zod';
import { BrokenGlass, Requirement, ReviewVerdict } from './access.ts';
import { Protocol } from './documents.ts';
import { CommandReviewId, GrantId, Name, SessionId, Timestamp } from './ids.ts';
import { PrincipalRef } from './principal.ts';

/** `withdrawn`: the client cancelled, or its session ended, before anybody decided. */
export const CommandReviewState = z.enum(['pending', 'approved', 'denied', 'expired', 'withdrawn']);
export type CommandReviewState = z.infer<typeof CommandReviewState>;

/** What one person said about a held command. */
export const CommandVote = z.object({
  reviewer: PrincipalRef,
  verdict: ReviewVerdict,
  reason: z.string().optional(),
  createdAt: Timestamp,
});
export type CommandVote = z.infer<typeof CommandVote>;

/** One statement or command that waits on the wire until people decide, with everything needed to decide. */
export const CommandReview = z.object({
  id: CommandReviewId,
  sessionId: SessionId,
  grantId: GrantId,
  principal: PrincipalRef,
  resource: Name,
  protocol: Protocol,
  labels: z.record(z.string(), z.string()),
  profile: Name,
  /** Why access was asked for. */
  grantReason: z.string(),
  kind: z.enum(['statement', 'command', 'file', 'forward']),
  /** As it is recorded: secrets replaced. */
  text: z.string(),
  /** The text goes on; only its beginning is shown. Its approval covers all of it. */
  truncated: z.boolean(),
  /** Of a prepared statement; binary ones as `\x…` hexadecimal. */
  parameters: z.array(z.string().nullable()).default([]),
  /** What it would do, to what. */
  actions: z.array(z.object({ name: z.string(), object: z.string().optional() })),
  /** Of a statement that changes rows: whether it says which. */
  hasWhere: z.boolean().optional(),
  /** Rows that the planner expects it to touch, where that could be asked cheaply. */
  estimatedRows: z.number().nonnegative().optional(),
  needs: z.array(Requirement),
  policies: z.array(z.string()),
  votes: z.array(CommandVote),
  state: CommandReviewState,
  /** Why it was denied, withdrawn or ran out. */
  stateReason: z.string().optional(),
  /** Whether the caller may approve or deny it now. */
  reviewable: z.boolean(),
  /** Whether the caller, who sent it, may go ahead at once with a written reason. */
  breakable: z.boolean(),
  escalatedAt: Timestamp.optional(),
  brokenGlass: BrokenGlass.optional(),
  createdAt: Timestamp,
  /** When it fails if nobody has decided. */
  expiresAt: Timestamp,
  decidedAt: Timestamp.optional(),
});
export type CommandReview = z.infer<typeof CommandReview>;

export const NewCommandVote = z.strictObject({
  verdict: ReviewVerdict,
  reason: z.string().trim().max(2000).optional(),
});
export type NewCommandVote = z.infer<typeof NewCommandVote>;
