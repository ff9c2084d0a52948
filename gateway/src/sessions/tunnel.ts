import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  DrawbridgeError,
  type SignInId,
  TUNNEL_CLOSE_ENDED,
  TUNNEL_PATH,
  TUNNEL_SUBPROTOCOL,
  type TunnelClose,
  TunnelQuery,
  type User,
} from '@drawbridge/contract';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../clock.ts';
import type { ClientAddress } from '../observe/client-address.ts';
import type { Logger } from '../observe/logger.ts';
import type { SessionEnd } from './session.ts';
import type { SessionHost } from './session-host.ts';
import { WebSocketBytes } from './web-socket-bytes.ts';

export interface TunnelParts {
  readonly authenticate: (
    authorization: string | undefined,
  ) => Promise<{ readonly user: User; readonly signInId: SignInId }>;
  readonly clock: Clock;
  readonly host: Pick<SessionHost, 'open'>;
  readonly logger: Logger;
  readonly refused: (code: string) => void;
  readonly clientAddress: ClientAddress;
}

/** Ends that are the connection's own; every other one is told in the close frame. */
const ordinary = new Set<SessionEnd['code']>(['client_closed', 'target_closed']);
/** The largest WebSocket message taken, in bytes. Clients send what they read from a socket, at most 64 KiB or so. */
const LARGEST_MESSAGE = 4 * 1024 * 1024;
/** How long the other side may take to answer the close frame, in ms. */
const CLOSE_GRACE = 500;

/**
 * The tunnel's server side: answers `GET /v1/tunnel` upgrades. A refusal is an HTTP answer with an
 * `ErrorBody`, given before the upgrade; after it the WebSocket's binary messages are the client's bytes.
 */
export class Tunnel {
  readonly #parts: TunnelParts;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    perMessageDeflate: false,
    maxPayload: LARGEST_MESSAGE,
    handleProtocols: (offered) => (offered.has(TUNNEL_SUBPROTOCOL) ? TUNNEL_SUBPROTOCOL : false),
  });

  constructor(parts: TunnelParts) {
    this.#parts = parts;
  }

  /** Listener for the HTTP server's `upgrade` event. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', (error) => this.#parts.logger.debug({ err: error }, 'tunnel socket failed'));
    this.#upgrade(request, socket, head).catch((error: unknown) => {
      const refusal =
        error instanceof DrawbridgeError
          ? error
          : new DrawbridgeError('internal', 'the gateway failed to open the tunnel');
      if (refusal.code === 'internal') this.#parts.logger.error({ err: error }, 'tunnel failed');
      this.#parts.refused(refusal.code);
      answer(socket, refusal);
    });
  };

  /** Closes what is left; sessions have ended by then. */
  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Put behind an origin: what begins with two slashes would name another one, or none that is valid.
    const address = `http://gateway${request.url ?? '/'}`;
    if (!URL.canParse(address)) throw new DrawbridgeError('invalid_request', 'the address is not valid');
    const url = new URL(address);
    if (url.pathname !== TUNNEL_PATH)
      throw new DrawbridgeError('not_found', `no WebSocket is served at ${url.pathname.slice(0, 100)}`);
    // Native clients send no Origin. A page in somebody's browser always does, and has no business here.
    if (request.headers.origin !== undefined)
      throw new DrawbridgeError('forbidden', 'tunnels are not opened from web pages');
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(TUNNEL_SUBPROTOCOL)) {
      throw new DrawbridgeError('invalid_request', `the client must speak ${TUNNEL_SUBPROTOCOL}`, {
        hint: 'Update Drawbridge on this computer.',
      });
    }
    const query = TunnelQuery.safeParse(Object.fromEntries(url.searchParams));
    if (!query.success) {
      throw new DrawbridgeError(
        'invalid_request',
        'the tunnel needs ?resource= and optionally &profile= and &clientKey=',
        {
          issues: query.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
        },
      );
    }
    const { user, signInId } = await this.#parts.authenticate(request.headers.authorization);
    const run = await this.#parts.host.open({
      user,
      signInId,
      resource: query.data.resource,
      profile: query.data.profile,
      address: this.#parts.clientAddress(request),
      clientKey: query.data.clientKey,
    });
    if (socket.destroyed) return;
    this.#server.handleUpgrade(request, socket, head, (client) => void this.#run(client, run));
  }

  async #run(client: WebSocket, run: (stream: Duplex) => Promise<SessionEnd>): Promise<void> {
    const stream = new WebSocketBytes(client);
    stream.on('error', (error) => this.#parts.logger.debug({ err: error }, 'tunnel stream failed'));
    const end = await run(stream);
    if (client.readyState === client.CLOSED) return;
    if (ordinary.has(end.code)) client.close(1000);
    else client.close(TUNNEL_CLOSE_ENDED, JSON.stringify({ code: end.code } satisfies TunnelClose));
    // Whoever doesn't read doesn't get the close frame either, and must not keep the connection by that.
    const cancel = this.#parts.clock.after(CLOSE_GRACE, () => client.terminate());
    client.once('close', cancel);
  }
}

function answer(socket: Duplex, refusal: DrawbridgeError): void {
  if (socket.destroyed) return;
  const body = JSON.stringify(refusal.toBody());
  socket.end(
    `HTTP/1.1 ${refusal.status} ${refusal.code}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
