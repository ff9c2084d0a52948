import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callbackPage } from './callback-page.ts';
import { ClientError } from './client-error.ts';

export interface LoopbackCallback {
  /** `http://127.0.0.1:<port>/callback` (RFC 8252 section 7.3). */
  readonly redirectUri: string;
  /** The first callback with the right state, as the whole URL. Rejects on abort. */
  readonly answered: Promise<URL>;
  close(): Promise<void>;
}

/**
 * A listener on 127.0.0.1 for the one redirect that ends a sign-in in the browser. Requests with another
 * state are turned away and don't end the wait, so that a page in the browser can't break a sign-in.
 */
export async function listenForCallback(state: string, signal: AbortSignal): Promise<LoopbackCallback> {
  const answer = withResolvers<URL>();
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    const url = new URL(request.url ?? '/', `http://127.0.0.1:${port}`);
    if (
      request.method !== 'GET' ||
      url.pathname !== '/callback' ||
      request.headers.host !== `127.0.0.1:${port}`
    ) {
      return respond(response, 404, callbackPage('Not found', 'Nothing is here.'));
    }
    if (url.searchParams.get('state') !== state) {
      return respond(
        response,
        400,
        callbackPage('Not the sign-in that was started', 'Go back to Drawbridge and sign in again.'),
      );
    }
    const failed = url.searchParams.has('error');
    respond(
      response,
      200,
      failed
        ? callbackPage('The sign-in was refused', 'Drawbridge says why. You can close this window.')
        : callbackPage('You are signed in', 'You can close this window and go back to Drawbridge.'),
    );
    answer.resolve(url);
  });
  server.requestTimeout = 10_000;
  const abort = () => answer.reject(signal.reason);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new ClientError('sign_in_failed', `no local port for the sign-in: ${error.message}`, undefined, {
          cause: error,
        }),
      ),
    );
    server.listen(0, '127.0.0.1', resolve);
  });
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  // Whoever awaits `answered` sees the rejection; nobody may be waiting yet when it comes.
  answer.promise.catch(() => undefined);
  return {
    redirectUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    answered: answer.promise,
    close: () =>
      new Promise((resolve) => {
        signal.removeEventListener('abort', abort);
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 500).unref();
      }),
  };
}

function respond(response: ServerResponse, status: number, page: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(page);
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
