import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../clock.ts';
import type { PostgresCredential, ProtocolHandler, Session, SessionEnd } from '../../sessions/session.ts';
import type { Analysis } from './analysis/plan.ts';
import { type CancelKey, CancelKeys } from './cancel-keys.ts';
import { endClient } from './client/end-client.ts';
import { readStartup } from './client/read-startup.ts';
import { checkStartupSettings, type StartupSettings } from './client/startup-settings.ts';
import {
  authenticationOk,
  backendKeyData,
  errorResponse,
  NEWEST_MINOR,
  negotiateProtocolVersion,
  parameterStatus,
  readyForQuery,
} from './codec/backend-messages.ts';
import { explainFailure } from './explain-failure.ts';
import { announceSession, isAnnouncement } from './relay/announcements.ts';
import { FIXED_SETTINGS } from './relay/out-of-turn.ts';
import { Relay } from './relay/relay.ts';
import { SessionFailure } from './session-failure.ts';
import { cancelTarget } from './target/cancel-target.ts';
import { CatalogQueries } from './target/catalog-queries.ts';
import type { CatalogQuery } from './target/catalog-query.ts';
import { connectTarget, type TargetConnection } from './target/connect-target.ts';
import { RowEstimate } from './target/row-estimate.ts';
import { targetFailure } from './target/target-failure.ts';

export interface PostgresServerParts {
  readonly clock: Clock;
  /** Loads what must be known before the client's first statement. */
  readonly analyze: (session: Session, catalogQuery: CatalogQuery, target: string) => Promise<Analysis>;
  /** For those who run the gateway; gets no secrets. */
  readonly logger?: {
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

const IDLE = 0x49;

/** Serves PostgreSQL clients; see `postgres.protocol.ts` for what the registry sees. */
export class PostgresServer implements ProtocolHandler {
  readonly protocol = 'postgres';
  readonly #parts: PostgresServerParts;
  readonly #keys = new CancelKeys();

  constructor(parts: PostgresServerParts) {
    this.#parts = parts;
  }

  async accept(stream: Duplex, session: Session): Promise<SessionEnd> {
    const { clock } = this.#parts;
    const lifetime = new Lifetime(stream, session);
    try {
      setNoDelay(stream);
      const { packet, rest } = await readStartup(stream, clock, session.signal);
      if (packet.kind === 'cancel') {
        this.#keys.cancel(packet, session.principal);
        await endClient(stream, undefined, clock);
        return { code: 'client_closed', message: 'a request to cancel a query' };
      }
      const settings = checkStartupSettings(packet.parameters);
      return await this.#serve(stream, session, lifetime, { ...settings, minor: packet.minor, rest });
    } catch (error) {
      const failure = lifetime.reason ?? this.#explain(error, session);
      await endClient(stream, errorResponse('FATAL', failure.refusal), clock);
      return failure.end;
    } finally {
      lifetime.end();
    }
  }

  async #serve(
    client: Duplex,
    session: Session,
    lifetime: Lifetime,
    startup: StartupSettings & { readonly minor: number; readonly rest: Buffer },
  ): Promise<SessionEnd> {
    const { clock, analyze } = this.#parts;
    const resource = session.resource.name;
    const credential = await session.credential();
    if (credential.protocol !== 'postgres') throw new Error(`${resource} is no PostgreSQL`);
    checkDatabase(startup.database, credential.database, resource);
    session.record([clientEvent(startup, credential.database)]);
    const dial = { resource, clock, signal: lifetime.signal };
    const settings = { ...startup.settings, standard_conforming_strings: 'on' };
    const target = await connectTarget(credential, settings, dial);
    let relay: Relay | undefined;
    const cancel = () =>
      void cancelTarget(credential, target, { ...dial, signal: NEVER }).catch((error: unknown) =>
        this.#warn(session, error),
      );
    const key = this.#keys.issue(session.principal, startup.minor >= 2, () => relay?.requestCancel());
    try {
      lifetime.holds(target.socket);
      checkTarget(target, resource);
      const catalog = new CatalogQueries(
        target,
        () => connectTarget(credential, CATALOG_SETTINGS, dial),
        clock,
      );
      const analysis = await analyze(session, catalog.query, placeOf(credential)).catch((error: unknown) => {
        throw error instanceof SessionFailure ? error : targetFailure(resource, 'schema', error);
      });
      await catalog.handOver();
      const targetRest = target.frames.detach();
      const estimates = new RowEstimate(
        (signal) => connectTarget(credential, settings, { ...dial, signal }),
        clock,
      );
      greet(client, target, key, startup, session.id);
      relay = new Relay({
        session,
        analysis,
        client,
        target: target.socket,
        announcements: startup.announcements,
        signOfLife: signOfLife(target),
        estimate: async (statement) => {
          const tables = analysis.estimable(statement.text);
          return tables && estimates.rows(statement, tables, session.signal);
        },
        clock,
        cancel,
        explain: (error) => this.#explain(error, session),
      });
      lifetime.end();
      return await relay.run(startup.rest, targetRest);
    } finally {
      this.#keys.forget(key.processId);
      target.socket.destroy();
    }
  }

  #explain(error: unknown, session: Session): SessionFailure {
    const failure = explainFailure(error, (unexpected) =>
      this.#parts.logger?.error(
        { err: unexpected, session: session.id, resource: session.resource.name },
        'internal error in a PostgreSQL session',
      ),
    );
    if (failure.code === 'target_error') this.#warn(session, failure);
    return failure;
  }

  #warn(session: Session, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const cause = error instanceof Error && error.cause !== undefined ? String(error.cause) : undefined;
    this.#parts.logger?.warn(
      { session: session.id, resource: session.resource.name, reason, cause },
      'trouble with a target',
    );
  }
}

const NEVER = new AbortController().signal;
const CATALOG_SETTINGS = { application_name: 'drawbridge', search_path: 'pg_catalog' };

/** Ends what is under way before the relay takes over, when the session must end or its client left. */
class Lifetime {
  readonly #stream: Duplex;
  readonly #session: Session;
  readonly #abort = new AbortController();
  #left = false;

  constructor(stream: Duplex, session: Session) {
    this.#stream = stream;
    this.#session = session;
    session.signal.addEventListener('abort', this.#onAbort, { once: true });
    stream.once('close', this.#onClose).once('error', this.#onClose);
    if (session.signal.aborted) this.#onAbort();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Why it is over, if for one of these reasons. */
  get reason(): SessionFailure | undefined {
    if (this.#session.signal.aborted) {
      const { code, message } = this.#session.signal.reason as SessionEnd;
      return new SessionFailure(code, { sqlstate: '57P01', message });
    }
    return this.#left
      ? new SessionFailure('client_closed', { sqlstate: '08006', message: 'the client left' })
      : undefined;
  }

  /** Closes `socket` with it. */
  holds(socket: Socket): void {
    this.signal.addEventListener('abort', () => socket.destroy(), { once: true });
    if (this.signal.aborted) socket.destroy();
  }

  end(): void {
    this.#session.signal.removeEventListener('abort', this.#onAbort);
    this.#stream.off('close', this.#onClose).off('error', this.#onClose);
  }

  readonly #onAbort = (): void => this.#abort.abort();
  readonly #onClose = (): void => {
    this.#left = true;
    this.#abort.abort();
  };
}

/** Sessions with the same find the same catalog. */
const placeOf = ({ host, port, database }: PostgresCredential): string => `${host}:${port}/${database}`;

/** libpq sends the user's name where no database was asked for; a resource has one database. */
function checkDatabase(asked: string, database: string, resource: string): void {
  if (asked === '' || asked === database || asked === resource) return;
  throw new SessionFailure('protocol_error', {
    sqlstate: '3D000',
    message: `${resource} is the database ${database}, so ${asked} can't be reached through it`,
    hint: `Connect to the database ${database}, or give none.`,
  });
}

/** Texts must mean the same to gateway and target from the first statement on. */
function checkTarget({ parameters }: TargetConnection, resource: string): void {
  for (const [name, value] of FIXED_SETTINGS) {
    const reported = parameters.get(name);
    if (reported !== undefined && reported !== value)
      throw targetFailure(resource, 'protocol', `${name} is ${reported}`);
  }
}

function clientEvent({ settings }: StartupSettings, database: string) {
  const name = settings.application_name;
  return { event: { type: 'client', ...(name === undefined ? {} : { name }), database, settings } } as const;
}

/** The answer to the startup message: signed in by the way the bytes arrived, and ready. */
function greet(
  client: Duplex,
  target: TargetConnection,
  key: CancelKey,
  startup: StartupSettings & { readonly minor: number },
  session: Session['id'],
): void {
  const messages: Buffer[] = [];
  if (startup.minor > NEWEST_MINOR || startup.unknownOptions.length > 0)
    messages.push(negotiateProtocolVersion(startup.unknownOptions));
  messages.push(authenticationOk());
  for (const [name, value] of target.parameters)
    if (!isAnnouncement(name)) messages.push(parameterStatus(name, value));
  if (startup.announcements) messages.push(announceSession(session));
  messages.push(backendKeyData(key.processId, key.secret), readyForQuery(IDLE));
  client.write(Buffer.concat(messages));
}

/**
 * What a client hears while it waits for people: its server's version again. A ParameterStatus may come at any time, and
 * every driver takes one silently, even in the middle of a query; this one never changes and every server reports it.
 * (A notice would be shown; an empty query would have to be answered.)
 */
function signOfLife({ parameters }: TargetConnection): Buffer | undefined {
  const version = parameters.get('server_version');
  return version === undefined ? undefined : parameterStatus('server_version', version);
}

function setNoDelay(stream: Duplex): void {
  if ('setNoDelay' in stream && typeof stream.setNoDelay === 'function') stream.setNoDelay(true);
}
