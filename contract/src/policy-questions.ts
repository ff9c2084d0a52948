import { z } from 'zod';
import { Requirement } from './access.ts';
import { ActionName, Protocol } from './documents.ts';
import { Name, Timestamp, UserId } from './ids.ts';

/** One Cedar policy in words. */
export const PolicyExplanation = z.object({
  id: z.string(),
  effect: z.enum(['permit', 'forbid']),
  description: z.string().optional(),
  message: z.string().optional(),
});
export type PolicyExplanation = z.infer<typeof PolicyExplanation>;

/** What would happen: as things are, or as they would be with other facts. */
export const PolicyQuestion = z
  .strictObject({
    /** Login name; the caller where absent. Others need `admin.read`. */
    as: z.string().min(1).max(200).optional(),
    /** Groups to assume in place of the person's own; then nobody of that name needs to exist. */
    groups: z.array(z.string().min(1).max(200)).max(100).optional(),
    resource: Name,
    profile: Name.optional(),
    /** Seconds; what a request would ask for. An hour, or the profile's longest where that is less, where absent. */
    duration: z.int().min(60).optional(),
    reason: z.string().max(2000).default(''),
    /** As if people had approved. */
    approved: z.boolean().default(false),
    ip: z.string().max(100).optional(),
    /** As if it were this moment. */
    at: Timestamp.optional(),
    /** At most one of the three; without any the question is about access itself. */
    sql: z.string().max(100_000).optional(),
    command: z.string().max(100_000).optional(),
    action: ActionName.optional(),
    /** Of `action`: a table or column inside the resource, like public.orders. */
    object: z.string().max(400).optional(),
  })
  .refine(
    ({ sql, command, action }) => [sql, command, action].filter((each) => each !== undefined).length <= 1,
    'ask about one of sql, command and action',
  );
export type PolicyQuestion = z.infer<typeof PolicyQuestion>;

export const PolicyVerdict = z.enum(['allow', 'deny', 'needs']);
export type PolicyVerdict = z.infer<typeof PolicyVerdict>;

/** The answer for one action; a statement gives one for each thing it does to each table. */
export const PolicyStep = z.object({
  action: ActionName,
  object: z.string().optional(),
  verdict: PolicyVerdict,
  /** A sentence. */
  reason: z.string(),
  needs: z.array(Requirement),
  policies: z.array(PolicyExplanation),
  /** Set where the profile, not a policy, decided. */
  profile: z.literal(true).optional(),
});
export type PolicyStep = z.infer<typeof PolicyStep>;

export const PolicyAnswer = z.object({
  principal: z.object({ name: z.string(), groups: z.array(z.string()) }),
  resource: Name,
  profile: Name,
  verdict: PolicyVerdict,
  reason: z.string(),
  steps: z.array(PolicyStep),
});
export type PolicyAnswer = z.infer<typeof PolicyAnswer>;

/** A policy as it is applied, for people to read. */
export const PolicyView = z.object({
  id: z.string(),
  /** The document it stands in. */
  document: Name,
  effect: z.enum(['permit', 'forbid']),
  description: z.string().optional(),
  message: z.string().optional(),
  cedar: z.string(),
  requirements: z.array(Requirement),
  /** Names of the resources that it can apply to; absent where it is about the gateway itself. */
  resources: z.array(Name).optional(),
  /** Actions that it can apply to. */
  actions: z.array(z.string()),
});
export type PolicyView = z.infer<typeof PolicyView>;

/** What one person could do with one resource, profile by profile. */
export const AccessExplanation = z.object({
  principal: z.object({ id: UserId.optional(), name: z.string(), groups: z.array(z.string()) }),
  resource: Name,
  protocol: Protocol,
  profiles: z.array(
    z.object({
      name: Name,
      /** Asking for access and connecting. */
      access: PolicyStep,
      /** Each action that the profile allows. */
      actions: z.array(PolicyStep),
    }),
  ),
});
export type AccessExplanation = z.infer<typeof AccessExplanation>;

/** A problem of a policy text: where it is, and what to do. Lines and columns count from 1. */
export const PolicyProblem = z.object({
  document: z.string(),
  line: z.int().positive(),
  column: z.int().positive(),
  message: z.string(),
  /** The nearest valid name, where one is near. */
  nearest: z.string().optional(),
});
export type PolicyProblem = z.infer<typeof PolicyProblem>;
