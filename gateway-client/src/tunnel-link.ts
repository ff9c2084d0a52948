import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import {
  DrawbridgeError,
  ErrorBody,
  type SessionEndCode,
  TUNNEL_CLOSE_ENDED,
  TUNNEL_PATH,
  TUNNEL_SUBPROTOCOL,
  TunnelClose,
} from '@drawbridge/contract';
import { WebSocket } from 'ws';
import type { AccessTokens } from './access-tokens.ts';
import { ClientError, unreachable } from './client-error.ts';
import { startHeartbeat } from './link-heartbeat.ts';

/** Octets on their way to the gateway above which the local client is no longer read, and below which it is again. */
const HIGH_WATER = 1024 * 1024;
const LOW_WATER = 256 * 1024;
const HANDSHAKE_TIMEOUT_MS = 20_000;
/** How long either side may take to finish after the other has. Milliseconds. */
const LINGER_MS = 2_000;
const LARGEST_REFUSAL = 64 * 1024;

export interface LinkTarget {
  /** In the form of `gatewayUrl`. */
  readonly gateway: string;
  readonly resource: string;
  readonly profile?: string | undefined;
  /** See `TunnelQuery.clientKey`. */
  readonly clientKey?: string | undefined;
}

/** Why a connection ended, where the gateway said so: a machine-readable code such as `grant_revoked`. */
export type LinkEnd = SessionEndCode | undefined;

/** As `openLink`, with a token of a sign-in; one that turns out to have expired is renewed once. */
export async function openSignedInLink(
  target: LinkTarget,
  tokens: Pick<AccessTokens, 'token'>,
  signal: AbortSignal,
): Promise<WebSocket> {
  const token = await tokens.token();
  try {
    return await openLink(target, token, signal);
  } catch (error) {
    if (!(error instanceof DrawbridgeError) || error.code !== 'token_expired') throw error;
    return openLink(target, await tokens.token(token), signal);
  }
}

/**
 * Opens one WebSocket to the gateway's tunnel. It is paused: the server's first bytes wait in it.
 * @throws DrawbridgeError as the gateway refused it; ClientError `gateway_unreachable`, `gateway_timeout`, `unexpected_response`
 */
function openLink(target: LinkTarget, token: string, signal: AbortSignal): Promise<WebSocket> {
  const url = new URL(`${target.gateway}${TUNNEL_PATH}`);
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  url.searchParams.set('resource', target.resource);
  if (target.profile !== undefined) url.searchParams.set('profile', target.profile);
  if (target.clientKey !== undefined) url.searchParams.set('clientKey', target.clientKey);
  return new Promise((resolve, reject) => {
    const link = new WebSocket(url, [TUNNEL_SUBPROTOCOL], {
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
      followRedirects: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      skipUTF8Validation: true,
    });
    const settle = () => signal.removeEventListener('abort', abort);
    const abort = () => {
      link.terminate();
      reject(signal.reason);
    };
    link.once('open', () => {
      settle();
      link.pause();
      resolve(link);
    });
    link.once('unexpected-response', (request, response) => {
      settle();
      readRefusal(target.gateway, response)
        .then(reject, reject)
        .finally(() => request.destroy());
    });
    // Stays attached: `terminate` of a connecting WebSocket emits an error as well.
    link.on('error', (error) => {
      settle();
      if (/handshake has timed out/.test(error.message)) {
        reject(
          new ClientError(
            'gateway_timeout',
            `${target.gateway} didn't open the tunnel in time`,
            'Try again.',
            { cause: error },
          ),
        );
      } else reject(unreachable(target.gateway, error));
    });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

async function readRefusal(gateway: string, response: IncomingMessage): Promise<Error> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LARGEST_REFUSAL) break;
      chunks.push(chunk);
    }
    const { code, message, ...details } = ErrorBody.parse(
      JSON.parse(Buffer.concat(chunks).toString('utf8')),
    ).error;
    return new DrawbridgeError(code, message, details);
  } catch (error) {
    return new ClientError(
      'unexpected_response',
      `${gateway} didn't open the tunnel (status ${response.statusCode ?? 0})`,
      'Check that nothing between here and the gateway blocks WebSockets, and that both have the same version.',
      { cause: error },
    );
  }
}

/**
 * Joins a local socket and an open link until either ends, with backpressure both ways. What was under way
 * to the living side is delivered first.
 */
export function joinLink(socket: Socket, link: WebSocket, opening: Uint8Array): Promise<LinkEnd> {
  return new Promise((resolve) => {
    let end: LinkEnd;
    const linger = (finish: () => void) => {
      const timer = setTimeout(finish, LINGER_MS);
      timer.unref();
      return timer;
    };
    const timers: NodeJS.Timeout[] = [];

    const heartbeat = startHeartbeat(link);
    const toGateway = (chunk: Uint8Array) => {
      if (link.readyState !== WebSocket.OPEN) return;
      link.send(chunk, { binary: true }, () => {
        heartbeat.alive();
        if (socket.isPaused() && link.bufferedAmount < LOW_WATER && !socket.destroyed) socket.resume();
      });
      if (link.bufferedAmount > HIGH_WATER) socket.pause();
    };
    const endLink = () => {
      if (link.readyState === WebSocket.CLOSED) return;
      // A paused WebSocket wouldn't see the other side's close frame.
      link.resume();
      link.close(1000);
      timers.push(linger(() => link.terminate()));
    };

    link.on('message', (data: Buffer, binary) => {
      heartbeat.alive();
      if (!binary) return link.terminate();
      if (!socket.writableEnded && !socket.destroyed && !socket.write(data)) link.pause();
    });
    link.on('close', (code, reason) => {
      end = readEnd(code, reason);
      socket.end();
      socket.resume();
      timers.push(linger(() => socket.destroy()));
      if (socket.destroyed) finish();
    });
    const finish = () => {
      heartbeat.stop();
      for (const timer of timers) clearTimeout(timer);
      resolve(end);
    };
    socket.on('drain', () => link.resume());
    socket.on('data', toGateway);
    socket.on('end', endLink);
    socket.on('close', () => {
      endLink();
      if (link.readyState === WebSocket.CLOSED) finish();
      else link.once('close', finish);
    });
    if (socket.destroyed) {
      endLink();
      link.once('close', finish);
      return;
    }
    toGateway(opening);
    link.resume();
    socket.resume();
  });
}

/** What a close frame says, where the gateway sent it. */
export function readEnd(code: number, reason: Buffer): LinkEnd {
  if (code !== TUNNEL_CLOSE_ENDED) return undefined;
  try {
    return TunnelClose.parse(JSON.parse(reason.toString('utf8'))).code;
  } catch {
    return undefined;
  }
}
