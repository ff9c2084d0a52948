import {
  DrawbridgeError,
  type Session,
  type SessionId,
  type SignInId,
  type User,
} from '@drawbridge/contract';
import type { Recordings } from '../recording/recorder.ts';
import type { SessionFilter, SessionStore, StoredSession } from './session-store.ts';
import type { Watches } from './watches.ts';

/** Who asks, and from where. */
export interface Asking {
  readonly user: User;
  readonly address?: string | undefined;
}

type SessionAction = 'recording.view' | 'session.watch' | 'session.terminate';

export interface SessionAccessParts {
  readonly store: SessionStore;
  readonly recordings: Pick<Recordings, 'read' | 'follow'>;
  readonly policy: {
    /** Whether policy lets the caller do this to sessions of the resource. */
    may(caller: Asking, action: SessionAction, resource: string): Promise<boolean>;
  };
  readonly watches: Watches;
  /** The person of a sign-in as they are now; undefined once it has ended. */
  readonly stillSignedIn: (user: User, signIn: SignInId) => Promise<User | undefined>;
  readonly resourceNames: () => Promise<readonly string[]>;
  /** Tells the gateway that holds the session, and writes the audit event. */
  readonly terminationRequested: (caller: Asking, session: StoredSession, reason: string) => Promise<void>;
  /** Somebody else's session was looked at: while it ran (`session.watched`), or after (`recording.viewed`). */
  readonly seen: (
    caller: Asking,
    session: StoredSession,
    how: 'session.watched' | 'recording.viewed',
  ) => Promise<void>;
}

/** A recording that goes on while its session does. */
export interface Followed {
  readonly recording: AsyncIterable<Uint8Array>;
  /** To be called when nobody reads any more. */
  end(): void;
}

/**
 * What people may see of sessions, and do to them. One's own are always one's own to see. Those of others: while they
 * run with `session.watch`, whether what is there is read or followed; once they have ended with `recording.view`.
 */
export class SessionAccess {
  readonly #parts: SessionAccessParts;

  constructor(parts: SessionAccessParts) {
    this.#parts = parts;
  }

  /** Newest first: the caller's own, all of resources whose recordings they may view, and live ones they may watch or end. */
  async list(caller: Asking, filter: Omit<SessionFilter, 'visibleTo'>): Promise<Session[]> {
    const { resourceNames, store } = this.#parts;
    const may = this.#rights(caller);
    const names = filter.resource === undefined ? await resourceNames() : [filter.resource];
    const resources: string[] = [];
    const live: string[] = [];
    for (const name of names) {
      if (await may('recording.view', name)) resources.push(name);
      else if ((await may('session.watch', name)) || (await may('session.terminate', name))) live.push(name);
    }
    const found = await store.list({ ...filter, visibleTo: { userId: caller.user.id, resources, live } });
    return Promise.all(found.map((session) => view(caller, session, may)));
  }

  /** @throws DrawbridgeError `not_found` where there is none or it is not the caller's to see. */
  async get(caller: Asking, id: SessionId): Promise<Session> {
    return view(caller, await this.#visible(caller, id), this.#rights(caller));
  }

  /** As the gateway sees it, whoever asks. */
  watch(id: SessionId): Promise<StoredSession | undefined> {
    return this.#parts.store.find(id);
  }

  /** The session as the caller sees it; undefined where it is not theirs to see. */
  async viewOf(caller: Asking, session: StoredSession): Promise<Session | undefined> {
    const may = this.#rights(caller);
    return (await canSee(caller, session, may)) ? view(caller, session, may) : undefined;
  }

  /** Whether there is any resource whose recordings the caller may view. */
  async mayViewAny(caller: Asking): Promise<boolean> {
    for (const name of await this.#parts.resourceNames())
      if (await this.#parts.policy.may(caller, 'recording.view', name)) return true;
    return false;
  }

  /** The sign-ins that the person's live sessions were opened under. */
  liveOf(user: User): Promise<SignInId[]> {
    return this.#parts.store.liveSignIns(user.id);
  }

  /**
   * Ends one live session: one's own, or anybody's with `session.terminate`.
   * @throws DrawbridgeError `not_found`, `forbidden`, `not_active`
   */
  async terminate(caller: Asking, id: SessionId, reason: string | undefined): Promise<Session> {
    const { policy, store, terminationRequested } = this.#parts;
    const session = await this.watch(id);
    const own = session?.principal.id === caller.user.id;
    const may =
      session !== undefined && (own || (await policy.may(caller, 'session.terminate', session.resource)));
    if (session === undefined || (!may && !(await canSee(caller, session, this.#rights(caller)))))
      throw noSuchSession(id);
    if (!may) throw new DrawbridgeError('forbidden', `you may see ${id} but not end it`);
    if (session.state !== 'live')
      throw new DrawbridgeError('not_active', `the session has ended already`, { id });
    const words = `ended by ${caller.user.displayName}${reason ? ` (${reason})` : ''}`;
    await store.requestTermination(id, words);
    await terminationRequested(caller, session, words);
    return view(caller, session, this.#rights(caller));
  }

  /** What is written now. @throws DrawbridgeError `not_found`, `forbidden` */
  async recording(caller: Asking, id: SessionId): Promise<AsyncIterable<Uint8Array>> {
    const session = await this.#readable(caller, id);
    const recording = await this.#parts.recordings.read(id);
    if (recording === undefined) throw notHere(id);
    await this.#noteSeen(caller, session);
    return recording;
  }

  /**
   * What is written now and whatever follows, to the end of the session; breaks off when the caller may not watch it
   * any more or their sign-in ends. @throws DrawbridgeError `not_found`, `forbidden`, `rate_limited`
   */
  async follow(caller: Asking & { readonly signInId: SignInId }, id: SessionId): Promise<Followed> {
    const session = await this.#readable(caller, id);
    const watch = this.#parts.watches.begin(caller.user.id, async () => {
      const user = await this.#parts.stillSignedIn(caller.user, caller.signInId);
      return user !== undefined && this.#mayWatch({ ...caller, user }, session);
    });
    try {
      const recording = await this.#parts.recordings.follow(id, watch.signal);
      if (recording === undefined) throw notHere(id);
      await this.#noteSeen(caller, session);
      return { recording, end: watch.end };
    } catch (error) {
      watch.end();
      throw error;
    }
  }

  async #visible(caller: Asking, id: SessionId): Promise<StoredSession> {
    const session = await this.watch(id);
    if (session === undefined || !(await canSee(caller, session, this.#rights(caller))))
      throw noSuchSession(id);
    return session;
  }

  /** The session if the caller may read its recording as things stand. */
  async #readable(caller: Asking, id: SessionId): Promise<StoredSession> {
    const session = await this.#visible(caller, id);
    // What is recorded of a live session is what happens in it: reading that is watching.
    if (session.state === 'live' && !(await this.#mayWatch(caller, session)))
      throw new DrawbridgeError('forbidden', `${id} is still running, and you may not watch it`, {
        id,
        hint: 'Its recording can be read once it has ended by whoever may view recordings.',
      });
    return session;
  }

  async #mayWatch(caller: Asking, { principal, resource }: StoredSession): Promise<boolean> {
    return (
      principal.id === caller.user.id || (await this.#parts.policy.may(caller, 'session.watch', resource))
    );
  }

  async #noteSeen(caller: Asking, session: StoredSession): Promise<void> {
    if (session.principal.id === caller.user.id) return;
    await this.#parts.seen(
      caller,
      session,
      session.state === 'live' ? 'session.watched' : 'recording.viewed',
    );
  }

  /** What policy says to the caller, asked once for each action and resource. */
  #rights(caller: Asking): Rights {
    const known = new Map<string, Promise<boolean>>();
    return (action, resource) => {
      const key = `${action} ${resource}`;
      const answer = known.get(key) ?? this.#parts.policy.may(caller, action, resource);
      known.set(key, answer);
      return answer;
    };
  }
}

type Rights = (action: SessionAction, resource: string) => Promise<boolean>;

async function canSee(
  { user }: Asking,
  { principal, resource, state }: StoredSession,
  may: Rights,
): Promise<boolean> {
  if (principal.id === user.id || (await may('recording.view', resource))) return true;
  return (
    state === 'live' && ((await may('session.watch', resource)) || (await may('session.terminate', resource)))
  );
}

async function view({ user }: Asking, session: StoredSession, may: Rights): Promise<Session> {
  if (session.state !== 'live') return { ...session, may: { watch: false, terminate: false } };
  const own = session.principal.id === user.id;
  return {
    ...session,
    may: {
      watch: own || (await may('session.watch', session.resource)),
      terminate: own || (await may('session.terminate', session.resource)),
    },
  };
}

const noSuchSession = (id: SessionId) =>
  new DrawbridgeError('not_found', `there is no session ${id} that you may see`);
const notHere = (id: SessionId) =>
  new DrawbridgeError('not_found', `the recording of ${id} is not on this gateway`, {
    hint: 'Ask the gateway that served the session. Gateways that share recording.dir show each other’s.',
  });
