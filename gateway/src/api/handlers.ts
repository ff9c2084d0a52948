import {
  type AuditEvent,
  DrawbridgeError,
  type Grant,
  type Me,
  type Session,
  type SessionId,
  type SignInId,
  type User,
} from '@drawbridge/contract';
import type { AuditFilter } from '../access/audit.ts';
import type { Authorizer } from '../access/authorizer.ts';
import type { CommandReviews } from '../access/command-reviews.ts';
import type { Documents } from '../access/documents.ts';
import type { Grants } from '../access/grants.ts';
import type { PolicyQuestions } from '../access/policy-questions.ts';
import type { Requests } from '../access/requests.ts';
import type { Resources } from '../access/resources.ts';
import type { Reviews } from '../access/reviews.ts';
import type { Uses } from '../access/uses.ts';
import type { Clock } from '../clock.ts';
import type { Identity, Caller as SignedIn } from '../identity/identity.ts';
import type { Asking, SessionAccess } from '../sessions/session-access.ts';
import type { EventStream } from './event-stream.ts';
import { type Call, type Handlers, STREAMED } from './http-server.ts';
import type { RateLimit } from './rate-limit.ts';
import { sendFollowed, sendRecording } from './send-recording.ts';

export interface HandlerParts {
  readonly clock: Pick<Clock, 'after'>;
  readonly gateway: Me['gateway'];
  readonly identity: Pick<Identity, 'authenticate' | 'signOut'>;
  readonly authorizer: Authorizer;
  readonly resources: Resources;
  readonly requests: Requests;
  readonly reviews: Reviews;
  readonly grants: Grants;
  readonly documents: Documents;
  /** @throws DrawbridgeError `forbidden` */
  readonly listAudit: (
    caller: Asking,
    filter: AuditFilter,
  ) => Promise<{ events: AuditEvent[]; next?: string | undefined }>;
  readonly uses: Uses;
  readonly commandReviews: CommandReviews;
  readonly policyQuestions: PolicyQuestions;
  readonly sessions: SessionAccess;
  readonly events: EventStream<User>;
  /** How often one person may ask for access: each time reviewers are told. */
  readonly requestLimit: RateLimit;
  readonly mayReviewAny: (caller: Asking) => Promise<boolean>;
  readonly recordingKeys: () => Promise<Awaited<ReturnType<Handlers<SignedIn>['recordingKeys']>>['keys']>;
}

type C = Call<SignedIn>;

/** What each operation of the API does: it finds the service that knows, and says who asks. */
export function createHandlers(parts: HandlerParts): Handlers<SignedIn> {
  const { authorizer, documents, events, grants, identity, requests, resources, reviews, sessions } = parts;
  const { commandReviews, policyQuestions } = parts;
  const from = ({ caller, address }: C) => ({ user: caller.user, address });

  return {
    me: async (_input, call) => ({
      user: call.caller.user,
      may: {
        review: await parts.mayReviewAny(from(call)),
        apply: authorizer.may(from(call), 'admin.apply'),
        readAdmin: authorizer.may(from(call), 'admin.read'),
        viewRecordings: await sessions.mayViewAny(from(call)),
      },
      gateway: parts.gateway,
    }),
    signOut: async ({ body }, { caller, address }) => {
      const before = await sessions.liveOf(caller.user);
      const ended = new Set<SignInId>(await identity.signOut(caller, body.everywhere, address));
      return { sessionsEnded: before.filter((signIn) => ended.has(signIn)).length };
    },

    listResources: async (_input, call) => ({ resources: await resources.list(from(call)) }),
    getResource: ({ params }, call) => resources.get(from(call), params.name),

    createRequest: async ({ body }, call) => {
      await parts.requestLimit(call.caller.user.id);
      return requests.create(from(call), body);
    },
    listRequests: async ({ query }, call) => ({ requests: await requests.list(from(call), query) }),
    getRequest: ({ params }, call) => requests.get(from(call), params.id),
    cancelRequest: ({ params }, call) => requests.cancel(from(call), params.id),
    createReview: ({ params, body }, call) => reviews.review(from(call), params.id, body),

    listGrants: async ({ query }, call) => ({ grants: await grants.list(from(call), query) }),
    getGrant: ({ params }, call) => grants.get(from(call), params.id),
    revokeGrant: ({ params, body }, call): Promise<Grant> =>
      grants.revoke(from(call), params.id, body.reason),

    listSessions: async ({ query }, call) => ({ sessions: await sessions.list(from(call), query) }),
    getSession: ({ params }, call): Promise<Session> => sessions.get(from(call), params.id),
    terminateSession: ({ params, body }, call) => sessions.terminate(from(call), params.id, body.reason),
    getRecording: async ({ params, query }, call) => {
      const id = params.id as SessionId;
      if (query.follow) {
        const { signInId } = call.caller;
        await sendFollowed(
          call.response,
          await sessions.follow({ ...from(call), signInId }, id),
          parts.clock,
        );
      } else await sendRecording(call.response, await sessions.recording(from(call), id));
      return STREAMED;
    },
    recordingKeys: async () => ({ keys: await parts.recordingKeys() }),

    apply: ({ body }, call) => documents.apply(from(call), body),
    listDocuments: async ({ query }, call) => ({ documents: await documents.list(from(call), query.kind) }),
    removeDocument: ({ params }, call) => documents.remove(from(call), params.kind, params.name),

    listCommandReviews: async ({ query }, call) => ({
      reviews: await commandReviews.list(from(call), query),
    }),
    getCommandReview: ({ params }, call) => commandReviews.get(from(call), params.id),
    voteOnCommand: ({ params, body }, call) => commandReviews.vote(from(call), params.id, body),
    withdrawCommand: ({ params }, call) => commandReviews.withdraw(from(call), params.id),
    breakGlass: ({ params, body }, call) => commandReviews.breakGlass(from(call), params.id, body.reason),

    testPolicy: ({ body }, call) => policyQuestions.test(from(call), body),
    explainAccess: ({ query }, call) => policyQuestions.explain(from(call), query),
    listPolicies: async ({ query }, call) => ({
      policies: await policyQuestions.policies(from(call), query),
    }),
    listPeople: async ({ query }, call) => ({ people: await policyQuestions.people(from(call), query) }),
    validatePolicies: ({ body }, call) => policyQuestions.validate(from(call), body.documents),

    listAudit: ({ query }, call) => parts.listAudit(from(call), query),
    listUses: ({ query }, call) => parts.uses.list(from(call), query),
    events: async (_input, { caller, request, response }) => {
      const { authorization } = request.headers;
      // The stream outlives the token it was opened with, by no more than the sign-in itself.
      events.open(response, {
        viewer: caller.user,
        stillValid: () => stillSignedIn(identity, authorization),
      });
      return STREAMED;
    },
  };
}

async function stillSignedIn(
  identity: HandlerParts['identity'],
  authorization: string | undefined,
): Promise<boolean> {
  try {
    await identity.authenticate(authorization);
    return true;
  } catch (error) {
    // A client with a fresh token opens the stream anew, so that groups and rights are looked at again.
    if (error instanceof DrawbridgeError) return false;
    throw error;
  }
}
