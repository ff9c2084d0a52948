import {
  DrawbridgeError,
  type Session,
  type SessionId,
  type SignInId,
  type User,
} from '@drawbridge/contract';
import type { Recordings } from '../recording/recorder.ts';
import type { SessionFilter, SessionStore } from './session-store.ts';

/** Who asks, and from where. */
export interface Asking {
  readonly user: User;
  readonly address?: string | undefined;
}

export interface SessionAccessParts {
  readonly store: SessionStore;
  readonly recordings: Pick<Recordings, 'read'>;
  readonly policy: {
    /** Whether policy lets the caller do this to sessions of the resource. */
    may(caller: Asking, action: 'recording.view' | 'session.terminate', resource: string): Promise<boolean>;
  };
  readonly resourceNames: () => Promise<readonly string[]>;
  /** Tells the gateway that holds the session, and writes the audit event. */
  readonly terminationRequested: (caller: Asking, session: Session, reason: string) => Promise<void>;
  readonly viewed: (caller: Asking, session: Session) => Promise<void>;
}

/** What people may see of sessions, and do to them. One's own are always one's own to see. */
export class SessionAccess {
  readonly #parts: SessionAccessParts;

  constructor(parts: SessionAccessParts) {
    this.#parts = parts;
  }

  /** Newest first: all sessions of resources whose recordings the caller may view, else the caller's own. */
  async list(caller: Asking, filter: Omit<SessionFilter, 'visibleTo'>): Promise<Session[]> {
    const { policy, resourceNames, store } = this.#parts;
    const names = filter.resource === undefined ? await resourceNames() : [filter.resource];
    const visible = (
      await Promise.all(
        names.map(async (name) => ((await policy.may(caller, 'recording.view', name)) ? [name] : [])),
      )
    ).flat();
    return store.list({ ...filter, visibleTo: { userId: caller.user.id, resources: visible } });
  }

  /** @throws DrawbridgeError `not_found` where there is none or it is not the caller's to see. */
  async get(caller: Asking, id: SessionId): Promise<Session> {
    const session = await this.watch(id);
    if (session === undefined || !(await this.canSee(caller, session))) throw noSuchSession(id);
    return session;
  }

  watch(id: SessionId): Promise<Session | undefined> {
    return this.#parts.store.find(id);
  }

  async canSee(caller: Asking, session: Session): Promise<boolean> {
    return (
      session.principal.id === caller.user.id ||
      (await this.#parts.policy.may(caller, 'recording.view', session.resource))
    );
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
    if (session === undefined || (!may && !(await this.canSee(caller, session)))) throw noSuchSession(id);
    if (!may) throw new DrawbridgeError('forbidden', `you may see ${id} but not end it`);
    if (session.state !== 'live')
      throw new DrawbridgeError('not_active', `the session has ended already`, { id });
    const words = `ended by ${caller.user.displayName}${reason ? ` (${reason})` : ''}`;
    await store.requestTermination(id, words);
    await terminationRequested(caller, session, words);
    return session;
  }

  /** @throws DrawbridgeError `not_found` */
  async recording(caller: Asking, id: SessionId): Promise<AsyncIterable<Uint8Array>> {
    const session = await this.get(caller, id);
    const recording = await this.#parts.recordings.read(id);
    if (recording === undefined)
      throw new DrawbridgeError('not_found', `the recording of ${id} is not on this gateway`);
    if (session.principal.id !== caller.user.id) await this.#parts.viewed(caller, session);
    return recording;
  }
}

const noSuchSession = (id: SessionId) =>
  new DrawbridgeError('not_found', `there is no session ${id} that you may see`);
