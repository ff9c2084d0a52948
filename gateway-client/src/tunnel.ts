import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { DrawbridgeError, type Protocol, type SessionEndCode } from '@drawbridge/contract';
import type { WebSocket } from 'ws';
import type { AccessTokens } from './access-tokens.ts';
import { ClientError } from './client-error.ts';
import type { LocalGate, TunnelRefusal } from './gates/local-gate.ts';
import { gates } from './gates/registry.ts';
import type { SshFiles } from './ssh/client-keys.ts';
import { joinLink, openSignedInLink } from './tunnel-link.ts';

/** Connections at one local port, admitted and waiting ones together. More are cut off at once. */
const MOST_CONNECTIONS = 256;

export interface TunnelOptions {
  /** In the form of `gatewayUrl`. */
  readonly gateway: string;
  readonly tokens: Pick<AccessTokens, 'token'>;
  readonly resource: string;
  readonly protocol: Protocol;
  readonly profile?: string;
  /** For SSH: the public key that clients at the port have to show, see `TunnelQuery.clientKey`. */
  readonly clientKey?: string;
  /** For SSH: the files that `connectionSettings` leads clients to. */
  readonly ssh?: SshFiles;
  /** Local port; any free one when absent. */
  readonly port?: number;
  /** Names to put into native tools; the gateway knows the real ones. Default `drawbridge` and the resource's name. */
  readonly user?: string;
  readonly database?: string;
  /** Told of every connection the gateway has taken, ended or refused. Never throws. */
  readonly onConnection?: (event: ConnectionEvent) => void;
  /** Closes the tunnel when it aborts. */
  readonly signal?: AbortSignal;
}

export type ConnectionEvent =
  | { readonly type: 'opened'; readonly live: number }
  | { readonly type: 'refused'; readonly refusal: TunnelRefusal; readonly error: unknown }
  /** `code` where the gateway ended it and said why. */
  | { readonly type: 'ended'; readonly live: number; readonly code: SessionEndCode | undefined };

/** An open tunnel: a local port that leads to one resource. */
export interface Tunnel {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Password for native tools. Lives as long as the tunnel. */
  readonly secret: string;
  readonly user: string;
  readonly database: string;
  readonly resource: string;
  readonly protocol: Protocol;
  /** As it was given, for SSH. */
  readonly ssh?: SshFiles;
  /** Resolves once the port is closed and every connection has ended. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1 and opens one WebSocket to the gateway for each connection that its gate admits.
 * @throws ClientError `port_in_use`
 */
export async function openTunnel(options: TunnelOptions): Promise<Tunnel> {
  const gate = gates[options.protocol]();
  const secret = randomBytes(24).toString('base64url');
  const ending = new AbortController();
  // Every connection listens to it.
  setMaxListeners(0, ending.signal);
  const sockets = new Set<Socket>();
  const connections = new Connections(options, gate, secret, ending.signal);

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    if (sockets.size >= MOST_CONNECTIONS) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    void connections.serve(socket);
  });
  await listen(server, options.port ?? 0);
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new ClientError('port_in_use', 'no local port could be opened');

  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  const close = (): Promise<void> => {
    if (!ending.signal.aborted) {
      ending.abort(new ClientError('gateway_unreachable', 'the tunnel was closed'));
      server.close();
      for (const socket of sockets) socket.destroy();
      options.signal?.removeEventListener('abort', close);
    }
    return closed;
  };
  if (options.signal?.aborted) await close();
  options.signal?.addEventListener('abort', close, { once: true });

  return {
    host: '127.0.0.1',
    port: address.port,
    secret,
    user: options.user ?? 'drawbridge',
    database: options.database ?? options.resource,
    resource: options.resource,
    protocol: options.protocol,
    ...(options.ssh === undefined ? {} : { ssh: options.ssh }),
    closed,
    close,
  };
}

/** The connections of one tunnel. */
class Connections {
  readonly #options: TunnelOptions;
  readonly #gate: LocalGate;
  readonly #secret: string;
  readonly #signal: AbortSignal;
  #live = 0;

  constructor(options: TunnelOptions, gate: LocalGate, secret: string, signal: AbortSignal) {
    this.#options = options;
    this.#gate = gate;
    this.#secret = secret;
    this.#signal = signal;
  }

  async serve(socket: Socket): Promise<void> {
    const admission = await this.#gate.admit(socket, this.#secret);
    if (admission.kind === 'closed') return;
    // A cancel needs no secret, so it may not be what opens a session, or starts a grant's clock: without a
    // connection of this tunnel there is nothing it could cancel.
    if (admission.kind === 'cancel' && this.#live === 0) return void socket.destroy();
    const refused = (error: unknown) => {
      const refusal = asRefusal(error);
      if (admission.kind === 'cancel') socket.destroy();
      else this.#gate.refuse(socket, refusal);
      if (!this.#signal.aborted) this.#options.onConnection?.({ type: 'refused', refusal, error });
    };
    let link: WebSocket;
    try {
      link = await openSignedInLink(this.#options, this.#options.tokens, this.#signal);
    } catch (error) {
      return refused(error);
    }
    if (admission.kind === 'cancel') return void (await joinLink(socket, link, admission.opening));
    this.#live += 1;
    this.#options.onConnection?.({ type: 'opened', live: this.#live });
    const code = await joinLink(socket, link, admission.opening);
    this.#live -= 1;
    this.#options.onConnection?.({ type: 'ended', live: this.#live, code });
  }
}

function asRefusal(error: unknown): TunnelRefusal {
  if (error instanceof DrawbridgeError)
    return { code: error.code, message: error.message, hint: error.details.hint };
  if (error instanceof ClientError) return { code: error.code, message: error.message, hint: error.hint };
  return { code: 'internal', message: 'the connection failed on this computer' };
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        reject(
          new ClientError(
            'port_in_use',
            `port ${port} on 127.0.0.1 is in use`,
            'Choose another with --port, or leave it out to get a free one.',
          ),
        );
      } else
        reject(
          new ClientError(
            'port_in_use',
            `port ${port} on 127.0.0.1 can't be opened (${error.code ?? error.message})`,
            'Choose another with --port.',
          ),
        );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}
