import type { Duplex } from 'node:stream';
import {
  DrawbridgeError,
  type GatewayId,
  type Grant,
  type Protocol,
  type SessionId,
  type SignInId,
  type User,
  type UserId,
} from '@drawbridge/contract';
import type { Clock } from '../clock.ts';
import type { MaskingRules } from '../masking/rule.ts';
import { newId } from '../new-id.ts';
import type { Logger } from '../observe/logger.ts';
import type { Action, Answer, Decision } from '../policy/decision.ts';
import type { Recorder, Recordings } from '../recording/recorder.ts';
import { LiveSession } from './live-session.ts';
import type { Reviewing } from './reviewing.ts';
import type { ProtocolHandler, SessionEnd, TargetCredential } from './session.ts';
import type { SessionRegistry } from './session-registry.ts';
import type { SessionResource } from './session-resource.ts';
import type { SessionStore } from './session-store.ts';

/** Who connects, to what, from where. */
export interface Connection {
  readonly user: User;
  readonly signInId: SignInId;
  readonly resource: string;
  readonly profile: string | undefined;
  readonly address: string | undefined;
  /** See `Session.clientKey`. */
  readonly clientKey?: string | undefined;
}

export interface SessionHostParts {
  readonly gatewayId: GatewayId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: SessionStore;
  readonly registry: SessionRegistry;
  readonly recordings: Recordings;
  readonly protocols: readonly ProtocolHandler[];
  readonly resources: {
    /** Undefined where there is none of that name. */
    find(name: string): Promise<SessionResource | undefined>;
    /** Undefined where resource or profile are gone. */
    /** How to dial it under this grant; undefined where the resource or its profile are gone. */
    credential(session: LiveSession, grant: Grant): Promise<TargetCredential | undefined>;
    rulesFor(resource: SessionResource): Promise<MaskingRules>;
  };
  readonly grants: {
    /** The caller's approved or active grant; throws `access_needed` where there is none. */
    findUsable(user: User, resource: string, profile: string | undefined): Promise<Grant>;
    /** Whether policy, as it stands, still lets the holder connect from there. */
    stillAllowed(
      grant: Grant,
      address: string | undefined,
    ): Promise<'allowed' | 'policy_changed' | 'resource_removed'>;
    /** Starts the clock at first use; the grant as it then is. Throws `grant_expired` and the like. */
    activate(grant: Grant, address: string | undefined): Promise<Grant>;
  };
  /** What policy says to one action under a grant, as things stand. */
  readonly policy: (
    connection: Pick<Connection, 'user' | 'address'>,
    resource: SessionResource,
    grant: Grant,
    action: Action,
    circumstances: { readonly approved: boolean },
  ) => Decision;
  /** Goes up when what `policy` said may no longer be so. */
  readonly decisionVersion: () => number;
  readonly reviewing: (session: LiveSession, grant: Grant) => Reviewing;
  readonly used: (session: LiveSession, actions: readonly Action[], answer: Answer) => void;
  /** Writes what was `used` down; awaited before the session's end is told. Never rejects. */
  readonly usesEnded: (session: LiveSession) => Promise<void>;
  readonly announce: (id: SessionId) => Promise<void>;
  readonly audit: (
    user: User,
    address: string | undefined,
    action: string,
    subject: SessionId,
    reason: string,
    details: Readonly<Record<string, unknown>>,
  ) => Promise<void>;
  readonly observe: {
    sessionStarted(protocol: Protocol): void;
    sessionEnded(protocol: Protocol, end: SessionEnd): void;
  };
}

/** Connections one person may have open through one gateway: far more than tools need, far fewer than would starve others. */
const MOST_OF_ONE_PERSON = 200;

/** Opens sessions, runs them on their protocol, and sees them closed and sealed. */
export class SessionHost {
  readonly #parts: SessionHostParts;
  readonly #protocols: ReadonlyMap<Protocol, ProtocolHandler>;
  readonly #running = new Set<Promise<unknown>>();
  readonly #runningOf = new Map<UserId, number>();
  readonly #unstored = new Map<SessionId, () => Promise<void>>();
  #closing = false;

  constructor(parts: SessionHostParts) {
    this.#parts = parts;
    this.#protocols = new Map(parts.protocols.map((handler) => [handler.protocol, handler]));
  }

  /**
   * Checks that the caller may connect now and prepares the session; nothing of it is stored yet.
   * @throws DrawbridgeError `access_needed`, `policy_denied`, `rate_limited`, `not_ready`, `shutting_down`, …
   */
  async open(connection: Connection): Promise<(stream: Duplex) => Promise<SessionEnd>> {
    const { grants, resources, registry } = this.#parts;
    if (this.#closing)
      throw new DrawbridgeError('shutting_down', 'this gateway is shutting down', {
        hint: 'Connect again in a moment.',
      });
    if (!registry.connected)
      throw new DrawbridgeError(
        'not_ready',
        'the gateway has lost its store and accepts no sessions until it is back',
      );
    this.#assertRoomFor(connection.user.id, MOST_OF_ONE_PERSON - 1);
    const grant = await grants.findUsable(connection.user, connection.resource, connection.profile);
    if ((await grants.stillAllowed(grant, connection.address)) !== 'allowed') {
      throw new DrawbridgeError(
        'policy_denied',
        `policy no longer lets you connect to ${grant.resource} as ${grant.profile}`,
        { id: grant.id },
      );
    }
    const resource = await resources.find(grant.resource);
    if (resource === undefined)
      throw new DrawbridgeError('not_found', `there is no resource ${grant.resource}`);
    const handler = this.#protocols.get(resource.protocol);
    if (handler === undefined)
      throw new DrawbridgeError('not_ready', `this gateway doesn't speak ${resource.protocol}`);
    const session = new LiveSession({
      id: newId('ses'),
      principal: connection.user,
      signInId: connection.signInId,
      grantId: grant.id,
      profile: grant.profile,
      resource,
      rules: await resources.rulesFor(resource),
      clientAddress: connection.address,
      clientKey: connection.clientKey,
      scope: grant.scope,
      policy: (action, circumstances) =>
        this.#parts.policy(connection, resource, grant, action, circumstances),
      decisionVersion: this.#parts.decisionVersion,
      reviewing: (live) => this.#parts.reviewing(live, grant),
      used: this.#parts.used,
      begin: (live) => this.#begin(live, grant),
    });
    return (stream) => {
      const { id } = connection.user;
      this.#runningOf.set(id, (this.#runningOf.get(id) ?? 0) + 1);
      return this.#track(this.#serve(handler, stream, session).finally(() => this.#forget(id)));
    };
  }

  /** Stores the ends of sessions that ended while the store was away; to be called when it is back. */
  async storeEnds(): Promise<void> {
    for (const [id, store] of [...this.#unstored]) {
      this.#unstored.delete(id);
      await store();
    }
  }

  /** Ends all sessions and waits until their recordings are sealed. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#parts.registry.endAll('gateway_shutdown', 'the gateway is shutting down');
    await Promise.allSettled(this.#running);
  }

  /** Asked twice: for an answer in words before the tunnel is there, and of those that came at once when they begin. */
  #assertRoomFor(id: UserId, most: number): void {
    if ((this.#runningOf.get(id) ?? 0) <= most) return;
    throw new DrawbridgeError(
      'rate_limited',
      `you have ${MOST_OF_ONE_PERSON} connections open through this gateway already`,
      { hint: 'Close some of them first.' },
    );
  }

  #forget(id: UserId): void {
    const left = (this.#runningOf.get(id) ?? 1) - 1;
    if (left > 0) this.#runningOf.set(id, left);
    else this.#runningOf.delete(id);
  }

  #track<T>(run: Promise<T>): Promise<T> {
    this.#running.add(run);
    void run.finally(() => this.#running.delete(run)).catch(() => undefined);
    return run;
  }

  async #begin(
    session: LiveSession,
    found: Grant,
  ): Promise<{ recorder: Recorder; credential: TargetCredential }> {
    const { clock, grants, observe, recordings, registry, resources, store } = this.#parts;
    if (this.#closing) throw new DrawbridgeError('shutting_down', 'this gateway is shutting down');
    this.#assertRoomFor(session.principal.id, MOST_OF_ONE_PERSON);
    const grant = await grants.activate(found, session.clientAddress);
    const resource = await resources.find(grant.resource);
    if (resource === undefined)
      throw new DrawbridgeError('not_found', `there is no resource ${grant.resource}`);
    const startedAt = new Date(clock.now());
    await store.insert({
      id: session.id,
      grantId: grant.id,
      userId: session.principal.id,
      signInId: session.signInId,
      resource: grant.resource,
      profile: grant.profile,
      protocol: resource.protocol,
      clientAddress: session.clientAddress,
      startedAt,
    });
    let recorder: Recorder;
    try {
      recorder = recordings.open({
        version: 1,
        session: session.id,
        grant: grant.id,
        gateway: this.#parts.gatewayId,
        principal: {
          kind: 'user',
          id: session.principal.id,
          name: session.principal.name,
          displayName: session.principal.displayName,
        },
        resource: grant.resource,
        profile: grant.profile,
        protocol: resource.protocol,
        reason: grant.reason,
        approvedBy: grant.approvedBy,
        ...(grant.brokenGlass !== undefined && { brokenGlass: grant.brokenGlass.reason }),
        startedAt: startedAt.toISOString(),
        ...(session.clientAddress !== undefined && { clientAddress: session.clientAddress }),
      });
    } catch (error) {
      const end: SessionEnd = { code: 'recording_failed', message: 'the session could not be recorded' };
      await store.close(session.id, end, startedAt, session.counters, 'missing');
      throw error;
    }
    // From here on every way of ending it reaches the session; what happened while it was being
    // opened is caught by the check that `add` makes.
    try {
      await registry.add(session, grant);
      observe.sessionStarted(resource.protocol);
      await this.#parts.announce(session.id);
      await this.#parts.audit(
        session.principal,
        session.clientAddress,
        'session.started',
        session.id,
        grant.reason,
        {
          grantId: grant.id,
          resource: grant.resource,
          profile: grant.profile,
        },
      );
      const credential = await resources.credential(session, grant);
      if (credential === undefined)
        throw new DrawbridgeError(
          'not_found',
          `${grant.resource} no longer has the profile ${grant.profile}`,
        );
      return { recorder, credential };
    } catch (error) {
      await this.#finish(session, recorder, {
        code: 'target_error',
        message: 'the session could not be started',
      });
      throw error;
    }
  }

  async #serve(handler: ProtocolHandler, stream: Duplex, session: LiveSession): Promise<SessionEnd> {
    let end: SessionEnd;
    try {
      end = await handler.accept(stream, session);
    } catch (error) {
      // A protocol never rejects; should one do so all the same, the session is over and says that it broke.
      this.#parts.logger.error({ err: error, session: session.id }, 'protocol handler failed');
      end = { code: 'protocol_error', message: 'the gateway failed to handle this connection' };
      stream.destroy();
    }
    // What is held still goes with it.
    session.end(end.code, end.message);
    if (session.recorder !== undefined) await this.#finish(session, session.recorder, end);
    return end;
  }

  readonly #finished = new WeakSet<LiveSession>();

  async #finish(session: LiveSession, recorder: Recorder, end: SessionEnd): Promise<void> {
    if (this.#finished.has(session)) return;
    this.#finished.add(session);
    const { announce, audit, clock, logger, observe, registry, store, usesEnded } = this.#parts;
    registry.remove(session);
    let recording: 'sealed' | 'missing' = 'sealed';
    try {
      await recorder.seal({ code: end.code, reason: end.message });
    } catch (error) {
      recording = 'missing';
      logger.error(
        { err: error, session: session.id },
        'recording could not be sealed; the next start tries again',
      );
    }
    observe.sessionEnded(session.resource.protocol, end);
    await usesEnded(session);
    const endedAt = new Date(clock.now());
    const storeEnd = async () => {
      try {
        await store.close(
          session.id,
          end,
          endedAt,
          session.counters,
          recording === 'sealed' ? 'sealed' : 'open',
        );
        await announce(session.id);
        await audit(session.principal, session.clientAddress, 'session.ended', session.id, end.message, {
          code: end.code,
          ...session.counters,
        });
      } catch (error) {
        this.#unstored.set(session.id, storeEnd);
        logger.error({ err: error, session: session.id }, 'end of session could not be stored yet');
      }
    };
    await storeEnd();
    logger.info(
      { session: session.id, user: session.principal.name, resource: session.resource.name, code: end.code },
      'session ended',
    );
  }
}
