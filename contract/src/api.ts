import { z } from 'zod';
import {
  AccessRequest,
  AccessScope,
  Grant,
  GrantState,
  RequestState,
  Resource,
  ReviewVerdict,
  Session,
} from './access.ts';
import { CommandReview, CommandReviewState, NewCommandVote } from './command-review.ts';
import { DocumentChange, DocumentKind, SshPublicKey } from './documents.ts';
import { AuditId, CommandReviewId, GrantId, Name, RequestId, SessionId, Timestamp } from './ids.ts';
import {
  AccessExplanation,
  PolicyAnswer,
  PolicyProblem,
  PolicyQuestion,
  PolicyView,
} from './policy-questions.ts';
import { PrincipalRef, User } from './principal.ts';

/** One HTTP operation. Errors of any operation are an `ErrorBody` with the code's status. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With `:name` for path parameters. */
  readonly path: `/v1/${string}`;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly response: z.ZodType;
  /** `stream`: the response is not one JSON value, see `mediaType`. */
  readonly mediaType?: string;
}

const route = <const R extends Route>(definition: R): R => definition;

const page = { limit: z.coerce.number().int().min(1).max(500).default(100) };
const ApiDocument = z.record(z.string(), z.unknown());

export const Me = z.object({
  user: User,
  /** What this person may do beside asking for access, for clients to show or hide. */
  may: z.object({
    review: z.boolean(),
    apply: z.boolean(),
    readAdmin: z.boolean(),
    viewRecordings: z.boolean(),
  }),
  gateway: z.object({
    name: z.string(),
    version: z.string(),
    /** The key that the gateway's SSH server shows, as OpenSSH writes it. */
    sshHostKey: SshPublicKey,
  }),
});
export type Me = z.infer<typeof Me>;

export const NewRequest = z.strictObject({
  resource: Name,
  profile: Name,
  /** Further resources, asked for with the same reason and time and decided by the same review. */
  also: z
    .array(z.strictObject({ resource: Name, profile: Name }))
    .max(19)
    .default([]),
  scope: AccessScope.optional(),
  /** The caller's active grant of this resource and profile that is to go on. */
  extends: GrantId.optional(),
  /** Goes ahead without the approval that policy asks for, where policy offers that; those to be told are told at once. */
  breakGlass: z.boolean().default(false),
  /** Seconds. */
  duration: z
    .int('must be whole seconds')
    .min(60, 'must be at least 60 seconds')
    .max(30 * 86_400, 'must be at most 30 days'),
  reason: z.string().trim().min(1, 'says why access is needed').max(2000),
});
export type NewRequest = z.infer<typeof NewRequest>;
/** The same as a caller writes it, with what has a default left out. */
export type NewRequestInput = z.input<typeof NewRequest>;

export const NewReview = z.strictObject({
  verdict: ReviewVerdict,
  /** Seconds, at most what was asked for. Only with `approve`. */
  duration: z.int('must be whole seconds').min(60, 'must be at least 60 seconds').optional(),
  reason: z.string().trim().max(2000).optional(),
});
export type NewReview = z.infer<typeof NewReview>;

export const AuditEvent = z.object({
  id: AuditId,
  at: Timestamp,
  actor: PrincipalRef.optional(),
  /** `request.created`, `grant.revoked`, `session.ended`, `document.applied`, … */
  action: z.string(),
  subject: z.string(),
  /** The resource it is about, where it is about one. */
  resource: z.string().optional(),
  reason: z.string().optional(),
  address: z.string().optional(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditEvent = z.infer<typeof AuditEvent>;

/**
 * What somebody did to one thing within a session: statements and commands of one kind, one decision, within one minute
 * added up. The text of each stands in the recording.
 */
export const Use = z.object({
  session: SessionId,
  grant: GrantId,
  request: RequestId,
  principal: PrincipalRef,
  resource: Name,
  profile: Name,
  action: z.string(),
  /** A table, a path, a program, a destination. */
  object: z.string().optional(),
  decision: z.enum(['allow', 'deny']),
  policies: z.array(z.string()),
  count: z.int().positive(),
  firstAt: Timestamp,
  lastAt: Timestamp,
  /** Why access was asked for, and who approved it. */
  reason: z.string(),
  approvedBy: z.array(PrincipalRef),
  /** Command reviews that it waited for, and who approved in them. */
  reviews: z.array(CommandReviewId),
  reviewedBy: z.array(PrincipalRef).default([]),
  /** Somebody went ahead without the approval that policy asks for: with the access, or with this. */
  brokenGlass: z.boolean().default(false),
  clientAddress: z.string().optional(),
});
export type Use = z.infer<typeof Use>;

const cursor = {
  since: Timestamp.optional(),
  until: Timestamp.optional(),
  /** `next` of the page before. */
  cursor: z.string().max(500).optional(),
};

export const ApplyBody = z.strictObject({
  documents: z.array(ApiDocument).min(1).max(1000),
  dryRun: z.boolean().default(false),
});

/** A public key that verifies recordings, as a JWK (RFC 8037). */
export const RecordingKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  kid: z.string(),
  alg: z.literal('EdDSA'),
  use: z.literal('sig'),
});
export type RecordingKey = z.infer<typeof RecordingKey>;

const RequestParams = z.object({ id: RequestId });
const GrantParams = z.object({ id: GrantId });
const SessionParams = z.object({ id: SessionId });
const CommandReviewParams = z.object({ id: CommandReviewId });

export const api = {
  me: route({ method: 'GET', path: '/v1/me', summary: 'Who the caller is', response: Me }),
  signOut: route({
    method: 'POST',
    path: '/v1/sign-out',
    summary: 'Ends this sign-in (or all of the caller) with its tokens and live sessions',
    body: z.strictObject({ everywhere: z.boolean().default(false) }),
    response: z.object({ sessionsEnded: z.int() }),
  }),
  listResources: route({
    method: 'GET',
    path: '/v1/resources',
    summary: 'Resources the caller may ask for',
    response: z.object({ resources: z.array(Resource) }),
  }),
  getResource: route({
    method: 'GET',
    path: '/v1/resources/:name',
    summary: 'One resource',
    params: z.object({ name: Name }),
    response: Resource,
  }),
  createRequest: route({
    method: 'POST',
    path: '/v1/requests',
    summary: 'Asks for access',
    body: NewRequest,
    response: AccessRequest,
  }),
  listRequests: route({
    method: 'GET',
    path: '/v1/requests',
    summary: "The caller's own requests, and those the caller may review",
    query: z.object({
      ...page,
      scope: z.enum(['own', 'reviewable', 'all']).default('all'),
      state: RequestState.optional(),
    }),
    response: z.object({ requests: z.array(AccessRequest) }),
  }),
  getRequest: route({
    method: 'GET',
    path: '/v1/requests/:id',
    summary: 'One request',
    params: RequestParams,
    response: AccessRequest,
  }),
  cancelRequest: route({
    method: 'POST',
    path: '/v1/requests/:id/cancel',
    summary: "Withdraws the caller's pending request",
    params: RequestParams,
    response: AccessRequest,
  }),
  createReview: route({
    method: 'POST',
    path: '/v1/requests/:id/reviews',
    summary: 'Approves or denies a request',
    params: RequestParams,
    body: NewReview,
    response: AccessRequest,
  }),
  listGrants: route({
    method: 'GET',
    path: '/v1/grants',
    summary: "The caller's grants; all of them for whoever may revoke others'",
    query: z.object({ ...page, scope: z.enum(['own', 'all']).default('own'), state: GrantState.optional() }),
    response: z.object({ grants: z.array(Grant) }),
  }),
  getGrant: route({
    method: 'GET',
    path: '/v1/grants/:id',
    summary: 'One grant',
    params: GrantParams,
    response: Grant,
  }),
  revokeGrant: route({
    method: 'POST',
    path: '/v1/grants/:id/revoke',
    summary:
      'Ends a grant and its live sessions. The holder ends it (`ended`); reviewers and administrators revoke it',
    params: GrantParams,
    body: z.strictObject({ reason: z.string().trim().max(2000).optional() }),
    response: Grant,
  }),
  listSessions: route({
    method: 'GET',
    path: '/v1/sessions',
    summary:
      "The caller's sessions; everybody's with recording.view, live ones with session.watch or session.terminate",
    query: z.object({
      ...page,
      resource: Name.optional(),
      state: z.enum(['live', 'closed']).optional(),
      user: z.string().optional(),
      before: Timestamp.optional(),
    }),
    response: z.object({ sessions: z.array(Session) }),
  }),
  getSession: route({
    method: 'GET',
    path: '/v1/sessions/:id',
    summary: 'One session',
    params: SessionParams,
    response: Session,
  }),
  terminateSession: route({
    method: 'POST',
    path: '/v1/sessions/:id/terminate',
    summary: 'Ends one live session',
    params: SessionParams,
    body: z.strictObject({ reason: z.string().trim().max(2000).optional() }),
    response: Session,
  }),
  getRecording: route({
    method: 'GET',
    path: '/v1/sessions/:id/recording',
    summary: 'The recording: header, events, signed manifest (see recording-chain)',
    params: SessionParams,
    query: z.object({
      /** Of a live session: goes on until it ends. Needs session.watch where it is not one's own. */
      follow: z.stringbool().default(false),
    }),
    response: z.unknown(),
    mediaType: 'application/vnd.drawbridge.recording',
  }),
  listCommandReviews: route({
    method: 'GET',
    path: '/v1/command-reviews',
    summary: "Held statements and commands: the caller's own, and those the caller may review or is told of",
    query: z.object({
      ...page,
      scope: z.enum(['own', 'reviewable', 'all']).default('all'),
      state: CommandReviewState.optional(),
      session: SessionId.optional(),
    }),
    response: z.object({ reviews: z.array(CommandReview) }),
  }),
  getCommandReview: route({
    method: 'GET',
    path: '/v1/command-reviews/:id',
    summary: 'One held statement or command',
    params: CommandReviewParams,
    response: CommandReview,
  }),
  voteOnCommand: route({
    method: 'POST',
    path: '/v1/command-reviews/:id/votes',
    summary: 'Approves or denies a held statement or command',
    params: CommandReviewParams,
    body: NewCommandVote,
    response: CommandReview,
  }),
  withdrawCommand: route({
    method: 'POST',
    path: '/v1/command-reviews/:id/withdraw',
    summary: 'Withdraws what the caller sent: it fails as if it had been cancelled',
    params: CommandReviewParams,
    response: CommandReview,
  }),
  breakGlass: route({
    method: 'POST',
    path: '/v1/command-reviews/:id/break-glass',
    summary: 'Goes ahead without approval where policy offers that; those to be told are told at once',
    params: CommandReviewParams,
    body: z.strictObject({ reason: z.string().trim().min(1, 'says why it could not wait').max(2000) }),
    response: CommandReview,
  }),
  testPolicy: route({
    method: 'POST',
    path: '/v1/policy/test',
    summary: 'What policy would say, and why',
    body: PolicyQuestion,
    response: PolicyAnswer,
  }),
  explainAccess: route({
    method: 'GET',
    path: '/v1/policy/access',
    summary: 'What one person could do with a resource, and why. Of others with admin.read',
    query: z.object({ resource: Name, as: z.string().min(1).max(200).optional() }),
    response: AccessExplanation,
  }),
  listPolicies: route({
    method: 'GET',
    path: '/v1/policies',
    summary: 'Policies as applied, one by one, with the resources they can apply to. Needs admin.read',
    query: z.object({ resource: Name.optional() }),
    response: z.object({ policies: z.array(PolicyView) }),
  }),
  listPeople: route({
    method: 'GET',
    path: '/v1/people',
    summary: 'People who have signed in, by name. Needs admin.read',
    query: z.object({ ...page }),
    response: z.object({
      people: z.array(User.pick({ id: true, name: true, displayName: true, groups: true })),
    }),
  }),
  validatePolicies: route({
    method: 'POST',
    path: '/v1/policy/validate',
    summary: 'Checks policy documents as apply would, together with those that are applied; changes nothing',
    body: z.strictObject({ documents: z.array(ApiDocument).min(1).max(1000) }),
    response: z.object({
      problems: z.array(PolicyProblem),
      /** How many policies the documents hold. */
      policies: z.int().nonnegative(),
      /** What is allowed but looks like a mistake. */
      warnings: z.array(z.string()).default([]),
    }),
  }),
  recordingKeys: route({
    method: 'GET',
    path: '/v1/recording-keys',
    summary: 'Public keys that verify recordings',
    response: z.object({ keys: z.array(RecordingKey) }),
  }),
  apply: route({
    method: 'POST',
    path: '/v1/documents',
    summary: 'Applies documents: all or nothing',
    body: ApplyBody,
    response: z.object({
      changes: z.array(DocumentChange),
      applied: z.boolean(),
      warnings: z.array(z.string()).default([]),
    }),
  }),
  listDocuments: route({
    method: 'GET',
    path: '/v1/documents',
    summary: 'Resources, data rules and policies as applied, without secrets',
    query: z.object({ kind: DocumentKind.optional() }),
    response: z.object({ documents: z.array(ApiDocument) }),
  }),
  removeDocument: route({
    method: 'DELETE',
    path: '/v1/documents/:kind/:name',
    summary: 'Removes one document; a removed resource ends its sessions',
    params: z.object({ kind: DocumentKind, name: Name }),
    response: z.object({ changes: z.array(DocumentChange) }),
  }),
  listAudit: route({
    method: 'GET',
    path: '/v1/audit',
    summary: 'State changes: who, what, when, from where, why',
    query: z.object({
      ...page,
      ...cursor,
      subject: z.string().optional(),
      resource: z.string().optional(),
      /** Login name of who did it. */
      who: z.string().optional(),
      /** One action, or all of a kind: `grant.revoked`, `grant`. */
      action: z.string().optional(),
      before: Timestamp.optional(),
    }),
    response: z.object({ events: z.array(AuditEvent), next: z.string().optional() }),
  }),
  listUses: route({
    method: 'GET',
    path: '/v1/uses',
    summary: 'What people did to what: who read a table at a time, and who approved it. Newest first',
    query: z.object({
      ...page,
      ...cursor,
      resource: z.string().optional(),
      who: z.string().optional(),
      /** `public.customers`, or `customers` for one of that name in any schema. */
      object: z.string().max(400).optional(),
      /** One action, or all of a kind: `sql.read`, `sql`. */
      action: z.string().optional(),
      decision: z.enum(['allow', 'deny']).optional(),
    }),
    response: z.object({ uses: z.array(Use), next: z.string().optional() }),
  }),
  events: route({
    method: 'GET',
    path: '/v1/events',
    summary: 'Live events (Server-Sent Events)',
    response: z.unknown(),
    mediaType: 'text/event-stream',
  }),
} as const satisfies Record<string, Route>;

export type Api = typeof api;
export type Operation = keyof Api;

type Part<R, K extends 'params' | 'query' | 'body'> = R extends {
  readonly [P in K]: infer S extends z.ZodType;
}
  ? { [P in K]: z.input<S> }
  : unknown;
/** What a caller passes: `params`, `query` and `body`, each only where the operation has one. */
export type Input<O extends Operation> = Part<Api[O], 'params'> &
  Part<Api[O], 'query'> &
  Part<Api[O], 'body'>;
/** The same after parsing, with defaults filled in. */
type ParsedPart<R, K extends 'params' | 'query' | 'body'> = R extends {
  readonly [P in K]: infer S extends z.ZodType;
}
  ? { [P in K]: z.output<S> }
  : unknown;
export type ParsedInput<O extends Operation> = ParsedPart<Api[O], 'params'> &
  ParsedPart<Api[O], 'query'> &
  ParsedPart<Api[O], 'body'>;
export type Output<O extends Operation> = z.output<Api[O]['response']>;

/** Client ids that every gateway knows from birth (public clients, code + PKCE on a loopback redirect; the CLI also device flow). */
export const CLIENT_IDS = { cli: 'drawbridge-cli', desktop: 'drawbridge-desktop' } as const;
/** Path of the gateway's own issuer below its public URL: discovery is `<url>/oidc/.well-known/openid-configuration`. */
export const ISSUER_PATH = '/oidc';
/** `aud` of access tokens that the API and the tunnel take: `<url>/v1`. */
export const API_AUDIENCE_PATH = '/v1';
