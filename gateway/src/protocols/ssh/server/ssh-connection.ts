import type { Duplex } from 'node:stream';
import type { Client, ClientInfo, Connection, ParsedKey, Session as SshSession } from 'ssh2';
import type { Clock } from '../../../clock.ts';
import type { Session, SessionEnd } from '../../../sessions/session.ts';
import { Forwarding } from '../forward/forwarding.ts';
import type { ChannelContext, Running } from '../relay/channel-context.ts';
import { serveSessionChannel } from '../relay/session-channel.ts';
import type { dialSshTarget } from '../target/dial-ssh-target.ts';
import { ClientLink } from './client-link.ts';
import { Ending } from './ending.ts';
import { partFromClient } from './farewell.ts';
import { greetClient } from './greet-client.ts';
import { type LoggedIn, logInClient } from './log-in-client.ts';
import { explainFailure, SessionFailure, targetViolation } from './session-failure.ts';
import { TargetLink } from './target-link.ts';

/** How long a client may take until it has shown its key, in ms. */
export const LOGIN_TIMEOUT = 30_000;
/** How long the target may take to close when the session is over, in ms. */
const TARGET_LEAVING = 100;

export interface SshLogger {
  warn(about: object, message: string): void;
  error(about: object, message: string): void;
}

export interface SshConnectionParts {
  readonly clock: Clock;
  readonly maskingKey: Uint8Array;
  readonly hostKey: ParsedKey;
  readonly dial: typeof dialSshTarget;
  readonly logger: SshLogger | undefined;
}

interface Greeted {
  readonly connection: Connection;
  readonly link: ClientLink;
  readonly info: ClientInfo;
}

/** One client's connection, and the one to the target behind it, from the first byte to the last. */
export class SshConnection {
  readonly #parts: SshConnectionParts;
  readonly #stream: Duplex;
  readonly #session: Session;
  readonly #ending: Ending;
  readonly #running = new Set<Running>();
  #link: ClientLink | undefined;
  #target: Client | undefined;
  #targetLost = false;
  #signingIn = false;
  #channels = 0;

  constructor(parts: SshConnectionParts, stream: Duplex, session: Session) {
    this.#parts = parts;
    this.#stream = stream;
    this.#session = session;
    this.#ending = new Ending(session, stream);
  }

  /** Serves until it is over; never rejects. */
  async run(): Promise<SessionEnd> {
    const serving = this.#serve().catch((error: unknown) => this.#fail(error));
    const end = await this.#ending.done;
    const told = this.#endRunning(end);
    const cancelClosing = this.#leaveTarget();
    await partFromClient({
      end,
      stream: this.#stream,
      link: this.#link,
      signingIn: this.#signingIn,
      told,
      clock: this.#parts.clock,
    });
    cancelClosing();
    this.#closeTarget();
    // A session that was about to begin has begun by then, or not: its owner has to know which.
    await serving;
    return end;
  }

  async #serve(): Promise<void> {
    if (this.#ending.over) return;
    const { clock, dial } = this.#parts;
    const session = this.#session;
    const { signal } = this.#ending;
    const cancelDeadline = clock.after(LOGIN_TIMEOUT, () =>
      this.#fail(new SessionFailure('protocol_error', `no key was shown within ${LOGIN_TIMEOUT / 1000} s`)),
    );
    signal.addEventListener('abort', cancelDeadline, { once: true });
    const { connection, link, info } = await this.#greet();
    const loggedIn = await logInClient(connection, session.clientKey, signal);
    cancelDeadline();
    if (this.#ending.over) return;
    const credential = await session.credential();
    if (this.#ending.over) return;
    const resource = session.resource.name;
    if (credential.protocol !== 'ssh') throw new Error(`${resource} is no SSH host`);
    session.record([{ event: { type: 'client', name: info.header.versions.software, settings: {} } }]);
    const target = await dial(credential, { resource, clock, signal });
    this.#target = target;
    if (this.#ending.over) return this.#closeTarget();
    this.#relay(connection, link, target, loggedIn);
  }

  /** Resolves once the client has said what it is; rejects when it is over before. */
  #greet(): Promise<Greeted> {
    const { signal } = this.#ending;
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      // ssh2 keeps to itself what is wrong before that, and ends the stream.
      this.#stream.once('finish', () =>
        this.#ending.end({ code: 'protocol_error', message: 'the client does not speak SSH as it should' }),
      );
      greetClient(this.#stream, this.#parts.hostKey, (connection, info) => {
        const link = new ClientLink(connection);
        this.#link = link;
        this.#signingIn = true;
        connection.on('error', (error: Error) => this.#onClientError(error, link));
        const { DISCONNECT: disconnect } = link.wire._handlers;
        link.wire._handlers.DISCONNECT = (...about) => {
          this.#ending.end({ code: 'client_closed', message: 'the client left' });
          disconnect(...about);
        };
        resolve({ connection, link, info });
      });
    });
  }

  #onClientError(error: Error & { level?: string }, link: ClientLink): void {
    link.writes.flush();
    if (error.level === 'client-timeout') {
      this.#ending.end({ code: 'client_closed', message: 'the client no longer answered' });
      return;
    }
    this.#warn('trouble with a client', error);
    this.#ending.end({ code: 'protocol_error', message: 'the client broke the SSH protocol' });
  }

  #relay(connection: Connection, link: ClientLink, target: Client, loggedIn: LoggedIn): void {
    const targetLink = new TargetLink(target);
    this.#watchTarget(target, targetLink);
    const nextChannel = () => {
      this.#channels += 1;
      return this.#channels;
    };
    const fail = (error: unknown) => this.#fail(error);
    const context: ChannelContext = {
      session: this.#session,
      signal: this.#ending.signal,
      clock: this.#parts.clock,
      maskingKey: this.#parts.maskingKey,
      client: link,
      target,
      targetLink,
      targetLost: () => this.#targetLost,
      nextChannel,
      runs: (running) => {
        this.#running.add(running);
        return () => this.#onStopped(running);
      },
      fail,
      guard: (task) => {
        try {
          task();
        } catch (error) {
          fail(error);
        }
      },
    };
    new Forwarding({
      session: this.#session,
      nextChannel,
      client: connection,
      target,
      onFailure: fail,
    }).attach();
    connection.on('session', (accept: () => SshSession | undefined) => {
      const session = accept();
      if (session !== undefined) serveSessionChannel(session, context);
    });
    this.#signingIn = false;
    loggedIn.accept();
  }

  #watchTarget(target: Client, link: TargetLink): void {
    const resource = this.#session.resource.name;
    const onLost = () => {
      if (this.#targetLost) return;
      this.#targetLost = true;
      this.#link?.end(`${resource} closed the connection`);
      this.#endWithTarget();
    };
    target.on('error', (error: Error & { level?: string; code?: unknown }) => {
      this.#warn('trouble with a target', error);
      // What the socket or the target's own goodbye bring ends in `close`, after what was said before.
      const isOver =
        error.level === 'client-socket' || error.level === 'client-timeout' || typeof error.code === 'number';
      if (!isOver) this.#fail(targetViolation(resource, error));
    });
    target.on('close', onLost);
    if (link.socket.destroyed) onLost();
  }

  #onStopped(running: Running): void {
    this.#running.delete(running);
    this.#endWithTarget();
  }

  /** What the target said before it left gets to the client first. */
  #endWithTarget(): void {
    if (!this.#targetLost || this.#running.size > 0) return;
    const message = `${this.#session.resource.name} closed the connection`;
    this.#ending.end({ code: 'target_closed', message });
  }

  /** Returns whether anything ran. */
  #endRunning({ code, message }: SessionEnd): boolean {
    this.#link?.end(message);
    const running = [...this.#running];
    for (const each of running) {
      try {
        if (code !== 'client_closed') each.end(message);
      } catch (error) {
        this.#warn('a channel could not be told of the end', error);
      }
    }
    return running.length > 0;
  }

  /** Says goodbye to the target, which then has a moment to leave; what the client is still told takes longer. */
  #leaveTarget(): () => void {
    this.#target?.end();
    return this.#parts.clock.after(TARGET_LEAVING, () => this.#closeTarget());
  }

  #closeTarget(): void {
    if (this.#target === undefined) return;
    // ssh2's own leaves a socket open of which the other half is closed.
    const { _sock: socket } = this.#target as Client & { _sock?: Duplex };
    socket?.destroy();
  }

  #fail(error: unknown): void {
    if (this.#ending.over) return;
    const end = explainFailure(error, (unexpected) =>
      this.#parts.logger?.error({ err: unexpected, ...this.#about }, 'internal error in an SSH session'),
    );
    if (end.code === 'target_error' && !(error instanceof SessionFailure))
      this.#warn('trouble with a target', error);
    this.#ending.end(end);
  }

  get #about(): { session: string; resource: string } {
    return { session: this.#session.id, resource: this.#session.resource.name };
  }

  #warn(message: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const cause = error instanceof Error && error.cause !== undefined ? String(error.cause) : undefined;
    this.#parts.logger?.warn({ ...this.#about, reason, cause }, message);
  }
}
