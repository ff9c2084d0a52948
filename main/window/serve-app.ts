import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Protocol } from 'electron';
import { APP_SCHEME } from '../ipc/app-origin.ts';
import { appFile } from './app-files.ts';
import { contentSecurityPolicy, withNonce } from './content-security-policy.ts';

/** Must be told to Electron before it is ready. */
export const appSchemePrivileges = {
  scheme: APP_SCHEME,
  // No `bypassCSP`, no `allowServiceWorkers`, no `corsEnabled`.
  privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
} as const;

/** Serves the page from `root` under our own scheme. */
export function serveApp(protocol: Pick<Protocol, 'handle'>, root: string): void {
  protocol.handle(APP_SCHEME, (request) => answer(request, root));
}

export async function answer(request: Pick<Request, 'url' | 'method'>, root: string): Promise<Response> {
  if (request.method !== 'GET') return refusal(405);
  const file = appFile(request.url, root);
  if (file === undefined) return refusal(404);
  const bytes = await readFile(file.path).catch(() => undefined);
  if (bytes === undefined) return refusal(404);
  const nonce = randomBytes(16).toString('base64');
  const isPage = file.type.startsWith('text/html');
  return new Response(isPage ? withNonce(bytes.toString('utf8'), nonce) : new Uint8Array(bytes), {
    headers: {
      ...headers(nonce),
      'content-type': file.type,
      'cache-control': isPage ? 'no-store' : 'no-cache',
    },
  });
}

const headers = (nonce: string): Record<string, string> => ({
  'content-security-policy': contentSecurityPolicy(nonce),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
});

const refusal = (status: 404 | 405): Response =>
  new Response(status === 404 ? 'not found' : 'only GET', {
    status,
    headers: { ...headers(randomBytes(16).toString('base64')), 'content-type': 'text/plain' },
  });
