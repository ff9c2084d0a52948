import type { Grant, GrantId, SessionEndCode, SessionId, SignInId } from '@drawbridge/contract';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';
import type { LiveSession } from './live-session.ts';
import type { SessionEnd } from './session.ts';

/** What the registry asks when something changed; each answer decides over live sessions. */
export interface RegistryChecks {
  grant(id: GrantId): Promise<Grant | undefined>;
  signInOpen(id: SignInId): Promise<boolean>;
  /** Whether the resource and profile still exist and policy still lets the holder connect. */
  stillAllowed(
    grant: Grant,
    address: string | undefined,
  ): Promise<'allowed' | 'policy_changed' | 'resource_removed'>;
  /** Whether its resource's limits and masking rules are still those that the session was opened with. */
  isAsToday(session: LiveSession): Promise<boolean>;
  /** Why it has to end, where somebody or another gateway said so. */
  terminationOf(id: SessionId): Promise<SessionEnd | undefined>;
}

export interface SessionRegistryParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly checks: RegistryChecks;
  /** How long sessions outlive the loss of the store, in ms: without it no revocation can be heard. */
  readonly storeGrace: number;
  /** Stores counters of a session that is still running. */
  readonly count: (session: LiveSession) => Promise<void>;
}

const COUNT_EVERY = 5_000;

interface Registered {
  readonly session: LiveSession;
  /** When its grant ends, RFC 3339. */
  readonly expiresAt: string | undefined;
  readonly disarm: () => void;
}

/** The live sessions of this gateway, and every reason to end one. */
export class SessionRegistry {
  readonly #parts: SessionRegistryParts;
  readonly #sessions = new Map<SessionId, Registered>();
  readonly #counted = new Map<SessionId, number>();
  #connected = true;
  #cancelGrace: (() => void) | undefined;
  #cancelCount: (() => void) | undefined;

  constructor(parts: SessionRegistryParts) {
    this.#parts = parts;
  }

  /** False while changes of grants can't be heard; no session may begin then. */
  get connected(): boolean {
    return this.#connected;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Takes a session in, arms its deadline, and looks once more whether it may live. */
  async add(session: LiveSession, grant: Grant): Promise<void> {
    this.#register(session, grant);
    this.#countLater();
    await this.#check(session);
  }

  remove(session: LiveSession): void {
    this.#sessions.get(session.id)?.disarm();
    this.#sessions.delete(session.id);
    this.#counted.delete(session.id);
  }

  endAll(code: SessionEndCode, why: string): void {
    for (const session of this.#each()) this.#end(session, code, why);
  }

  /** A grant changed somewhere: ends its sessions unless it is still active; one that was extended ends later. */
  async grantChanged(id: GrantId): Promise<void> {
    await this.#checkWhere((session) => session.grantId === id);
  }

  async signInChanged(id: SignInId): Promise<void> {
    await this.#checkWhere((session) => session.signInId === id);
  }

  async sessionChanged(id: SessionId): Promise<void> {
    await this.#checkWhere((session) => session.id === id);
  }

  /** Documents changed: policies, resources or rules. */
  async configurationChanged(): Promise<void> {
    await this.#checkWhere(() => true);
  }

  /** Changes can't be heard for now. */
  storeLost(): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#cancelGrace = this.#parts.clock.after(this.#parts.storeGrace, () =>
      this.endAll('store_lost', 'the gateway lost its store and could not see whether access was revoked'),
    );
  }

  /** Changes are heard again; what was missed is looked up. */
  async storeRestored(): Promise<void> {
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
    this.#connected = true;
    await this.#checkWhere(() => true);
  }

  *#each(): Generator<LiveSession> {
    for (const { session } of [...this.#sessions.values()]) yield session;
  }

  #register(session: LiveSession, grant: Grant): void {
    const { expiresAt } = grant;
    this.#sessions.set(session.id, { session, expiresAt, disarm: this.#arm(session, grant) });
  }

  /** A grant only ever ends later than it was to, so of two answers that cross each other the later one holds. */
  #rearm(session: LiveSession, { expiresAt, ...grant }: Grant): void {
    const registered = this.#sessions.get(session.id);
    if (registered?.expiresAt === undefined || expiresAt === undefined) return;
    if (Date.parse(expiresAt) <= Date.parse(registered.expiresAt)) return;
    registered.disarm();
    this.#register(session, { ...grant, expiresAt });
  }

  #arm(session: LiveSession, grant: Grant): () => void {
    if (grant.expiresAt === undefined) {
      this.#end(session, 'grant_expired', 'its grant has no end, which should not be');
      return () => undefined;
    }
    const rest = Date.parse(grant.expiresAt) - this.#parts.clock.now();
    return this.#parts.clock.after(Math.max(0, rest), () =>
      this.#end(session, 'grant_expired', 'grant expired'),
    );
  }

  #end(session: LiveSession, code: SessionEndCode, why: string): void {
    session.end(code, `access to ${session.resource.name} ended: ${why}`);
  }

  async #checkWhere(affected: (session: LiveSession) => boolean): Promise<void> {
    await Promise.all([...this.#each()].filter(affected).map((session) => this.#check(session)));
  }

  /** Everything that must hold for a session to live. What can't be looked up ends it. */
  async #check(session: LiveSession): Promise<void> {
    const { checks, logger } = this.#parts;
    try {
      const termination = await checks.terminationOf(session.id);
      if (termination !== undefined) return this.#end(session, termination.code, termination.message);
      if (!(await checks.signInOpen(session.signInId))) return this.#end(session, 'signed_out', 'signed out');
      const grant = await checks.grant(session.grantId);
      if (grant?.state === 'expired') return this.#end(session, 'grant_expired', 'grant expired');
      if (grant?.state !== 'active') {
        // Removing a resource revokes its grants. Both changes are told, in either order: the cause is what is said.
        if (
          grant?.state === 'revoked' &&
          (await checks.stillAllowed(grant, session.clientAddress)) === 'resource_removed'
        )
          return this.#end(session, 'resource_removed', 'the resource was removed');
        const reason = grant?.endReason === undefined ? '' : ` (${grant.endReason})`;
        return this.#end(
          session,
          'grant_revoked',
          `grant ${grant?.state === 'ended' ? 'ended by its holder' : 'revoked'}${reason}`,
        );
      }
      this.#rearm(session, grant);
      const isAsToday = await checks.isAsToday(session);
      // Asked last: a resource that is removed at this moment is not as today either, and the cause is what is said.
      const allowed = await checks.stillAllowed(grant, session.clientAddress);
      if (allowed === 'policy_changed')
        return this.#end(session, 'policy_changed', 'policy changed and no longer allows it');
      if (allowed === 'resource_removed')
        return this.#end(session, 'resource_removed', 'the resource was removed');
      if (!isAsToday)
        return this.#end(session, 'policy_changed', 'what it allows or masks was changed; connect again');
    } catch (error) {
      logger.error({ err: error, session: session.id }, 'session could not be checked and was ended');
      this.#end(session, 'store_lost', 'the gateway could not see whether access was revoked');
    }
  }

  /** Writes counters of busy sessions now and then, so that lists show a long session move. */
  #countLater(): void {
    if (this.#cancelCount !== undefined) return;
    this.#cancelCount = this.#parts.clock.after(COUNT_EVERY, () => {
      this.#cancelCount = undefined;
      for (const session of this.#each()) {
        const seen = session.counters.statements + session.counters.rows + session.counters.bytesOut;
        if (this.#counted.get(session.id) === seen) continue;
        this.#counted.set(session.id, seen);
        this.#parts
          .count(session)
          .catch((error: unknown) =>
            this.#parts.logger.warn({ err: error, session: session.id }, 'counters could not be stored'),
          );
      }
      if (this.#sessions.size > 0) this.#countLater();
    });
  }
}
