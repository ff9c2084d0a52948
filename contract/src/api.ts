import { z } from 'zod';
import {
  AccessRequest,
  Grant,
  GrantState,
  RequestState,
  Resource,
  ReviewVerdict,
  Session,
} from './access.ts';
import { DocumentChange, DocumentKind, SshPublicKey } from './documents.ts';
import { AuditId, GrantId, Name, RequestId, SessionId, Timestamp } from './ids.ts';
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
  /** Seconds. */
  duration: z
    .int('must be whole seconds')
    .min(60, 'must be at least 60 seconds')
    .max(30 * 86_400, 'must be at most 30 days'),
  reason: z.string().trim().min(1, 'says why access is needed').max(2000),
});
export type NewRequest = z.infer<typeof NewRequest>;

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
  reason: z.string().optional(),
  address: z.string().optional(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditEvent = z.infer<typeof AuditEvent>;

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
    query: z.object({ ...page, subject: z.string().optional(), before: Timestamp.optional() }),
    response: z.object({ events: z.array(AuditEvent) }),
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
