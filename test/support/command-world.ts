import type { CommandReview, Grant, Requirement } from '@drawbridge/contract';
import { Announcer } from '../../gateway/src/access/announce.ts';
import { Audit } from '../../gateway/src/access/audit.ts';
import type { Caller } from '../../gateway/src/access/caller.ts';
import { CommandHolds, type HoldingSession } from '../../gateway/src/access/command-holds.ts';
import { CommandReviews } from '../../gateway/src/access/command-reviews.ts';
import { Expiry } from '../../gateway/src/access/expiry.ts';
import { newId } from '../../gateway/src/new-id.ts';
import type { Needs } from '../../gateway/src/policy/decision.ts';
import type { ReviewOutcome } from '../../gateway/src/sessions/reviewing.ts';
import type { Asked, Held } from '../../gateway/src/sessions/session.ts';
import { SessionStore } from '../../gateway/src/sessions/session-store.ts';
import { LiveChannel } from '../../gateway/src/store/live-channel.ts';
import { type AccessWorld, createDemoWorld } from './access-world.ts';

/** What one gateway has for held commands; it hears of changes as gateways do. */
export interface CommandGateway {
  readonly holds: CommandHolds;
  readonly reviews: CommandReviews;
  readonly expiry: Expiry;
  readonly channel: LiveChannel;
  /** What it heard of, in order: the ids of held commands. */
  readonly heard: string[];
}

/** Something that waits. */
export interface Waiting {
  readonly review: Asked;
  readonly outcome: Promise<ReviewOutcome>;
  /** Cancels it, as its client. */
  cancel(reason?: unknown): void;
}

export interface CommandWorld {
  readonly world: AccessWorld;
  /** Has a session on `orders-staging`. */
  readonly alice: Caller;
  readonly bob: Caller;
  readonly session: HoldingSession;
  readonly grant: Pick<Grant, 'id'>;
  readonly gateway: CommandGateway;
  another(): Promise<CommandGateway>;
  /** Another session of Alice's. */
  openSession(): Promise<HoldingSession>;
  closeSession(session?: HoldingSession): Promise<void>;
  hold(options?: {
    readonly needs?: readonly Requirement[];
    readonly held?: Partial<Held>;
    readonly session?: HoldingSession;
    readonly gateway?: CommandGateway;
  }): Promise<Waiting>;
  /** As Alice sees it. */
  seen(waiting: Pick<Waiting, 'review'>): Promise<CommandReview>;
  /** What is stored, without what is worked out while reading. */
  row(waiting: Pick<Waiting, 'review'>): Promise<{ state: string; used_at: Date | null }>;
  /** Actions of the audit events about it, oldest first. */
  audited(waiting: Pick<Waiting, 'review'>): Promise<string[]>;
  close(): Promise<void>;
}

export const DELETE: Held = {
  kind: 'statement',
  text: "delete from customers where email = 'ada@example.com'",
  exact: "delete from customers where email = 'ada@example.com'",
  hasWhere: true,
};

/** Seconds. */
export const EXPIRY = 300;

export const approve = (
  groups: string | readonly string[],
  more: Partial<Extract<Requirement, { kind: 'approve' }>> = {},
): Requirement => ({
  kind: 'approve',
  count: 1,
  groups: [groups].flat(),
  policy: 'writes-are-looked-at',
  ...more,
});

/** Held commands over a real PostgreSQL with its notifications, and a clock that the test moves. */
export async function createCommandWorld(): Promise<CommandWorld> {
  const world = await createDemoWorld();
  const closers: (() => Promise<unknown>)[] = [() => world.close()];
  const close = async () => {
    for (let next = closers.pop(); next; next = closers.pop()) await next();
  };
  try {
    return { ...(await build(world, (closer) => closers.push(closer))), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  world: AccessWorld,
  onClose: (closer: () => Promise<unknown>) => void,
): Promise<Omit<CommandWorld, 'close'>> {
  const { db, clock, keyring, url } = world;
  const { configuration, authorizer } = world.access;
  await world.access.documents.bootstrap(
    [
      {
        kind: 'Policy',
        name: 'others-review',
        cedar:
          'permit (principal, action == Action::"access.review", resource) when { principal in Group::"security" || principal in Group::"oncall" };',
      },
    ],
    'always',
  );
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const another = async (): Promise<CommandGateway> => {
    const channel = await LiveChannel.open({ url, clock, logger: quiet });
    onClose(() => channel.close());
    const audit = new Audit(db, clock);
    const announcer = new Announcer(audit, (change, executor) => channel.publish(change, executor));
    const shared = { db, clock, announcer, audit, keyring, logger: quiet };
    const holds = new CommandHolds({ ...shared, reviewExpiry: EXPIRY });
    const reviews = new CommandReviews({ ...shared, authorizer, configuration });
    const expiry = new Expiry(shared);
    const heard: string[] = [];
    channel.subscribe((change) => {
      if (change.kind === 'command' && change.id !== undefined) heard.push(change.id);
      holds.heard(change);
      void expiry.wake();
    });
    onClose(async () => {
      await expiry.stop();
      await holds.close();
    });
    return { holds, reviews, expiry, channel, heard };
  };
  const alice = await world.person('alice', 'engineering');
  const bob = await world.person('bob', 'dba');
  const grant = await activeGrant(world, alice);
  const sessions = new SessionStore(db, newId('gw'));
  const openSession = async (): Promise<HoldingSession> => {
    const session: HoldingSession = {
      id: newId('ses'),
      principal: alice.user,
      resource: { name: 'orders-staging', protocol: 'postgres', labels: { env: 'staging' } },
      profile: 'write',
      clientAddress: '192.0.2.10',
    };
    await sessions.insert({
      id: session.id,
      grantId: grant.id,
      userId: alice.user.id,
      signInId: newId('sgn'),
      resource: 'orders-staging',
      profile: 'write',
      protocol: 'postgres',
      clientAddress: session.clientAddress,
      startedAt: new Date(clock.now()),
    });
    return session;
  };
  const session = await openSession();
  const gateway = await another();
  const needsOf = (requirements: readonly Requirement[]): Needs => ({
    verdict: 'needs',
    requirements,
    policies: ['writes-are-looked-at'],
  });
  return {
    world,
    alice,
    bob,
    session,
    grant,
    gateway,
    another,
    openSession,
    async closeSession({ id } = session) {
      const counters = { statements: 0, refused: 0, rows: 0, bytesOut: 0, clientName: undefined };
      const end = { code: 'client_closed', message: 'closed' } as const;
      await sessions.close(id, end, new Date(clock.now()), counters, 'sealed');
    },
    async hold(options = {}) {
      const cancelling = new AbortController();
      const reviewing = (options.gateway ?? gateway).holds.reviewing(options.session ?? session, grant);
      const asked = await reviewing.ask(
        [{ name: 'sql.write', object: 'public.customers', context: { verb: 'DELETE' } }],
        needsOf(options.needs ?? [approve('dba')]),
        { ...DELETE, ...options.held },
        cancelling.signal,
      );
      return { ...asked, cancel: (reason) => cancelling.abort(reason) };
    },
    seen: ({ review }) => gateway.reviews.get(alice, review.id),
    row: ({ review }) =>
      db
        .selectFrom('command_reviews')
        .select(['state', 'used_at'])
        .where('id', '=', review.id)
        .executeTakeFirstOrThrow(),
    audited: async ({ review }) => {
      const rows = await db
        .selectFrom('audit_events')
        .select('action')
        .where('subject', '=', review.id)
        .orderBy('id')
        .execute();
      return rows.map(({ action }) => action);
    },
  };
}

/** Of `orders-staging`, which needs nobody's approval. */
async function activeGrant({ db, clock }: AccessWorld, { user }: Caller): Promise<Pick<Grant, 'id'>> {
  const [request, grant] = [newId('req'), newId('grt')];
  const now = clock.now();
  const shared = {
    user_id: user.id,
    resource: 'orders-staging',
    profile: 'write',
    duration: 1800,
    reason: 'INC-7: parcels',
    created_at: new Date(now),
    expires_at: new Date(now + 1_800_000),
  };
  await db
    .insertInto('access_requests')
    .values({
      ...shared,
      id: request,
      protocol: 'postgres',
      labels: JSON.stringify({ env: 'staging' }),
      state: 'approved',
      needs: '[]',
      review_groups: [],
      decided_at: new Date(now),
    })
    .execute();
  await db
    .insertInto('grants')
    .values({
      ...shared,
      id: grant,
      request_id: request,
      state: 'active',
      activate_by: new Date(now + 1_800_000),
      activated_at: new Date(now),
    })
    .execute();
  return { id: grant };
}
