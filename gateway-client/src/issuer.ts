import { API_AUDIENCE_PATH, ISSUER_PATH } from '@drawbridge/contract';
import { allowInsecureRequests, type Configuration, discovery, None } from 'openid-client';
import { ClientError, unreachable } from './client-error.ts';
import type { StoredSignIn } from './token-store.ts';

/** Seconds that one request to the issuer may take. */
const ISSUER_TIMEOUT_S = 10;

/** The gateway's issuer as OpenID Connect Discovery describes it. */
export async function discoverIssuer(gateway: string, clientId: string): Promise<Configuration> {
  const issuer = new URL(`${gateway}${ISSUER_PATH}`);
  try {
    return await discovery(issuer, clientId, undefined, None(), {
      timeout: ISSUER_TIMEOUT_S,
      // `gatewayUrl` lets http through for loopback alone.
      execute: issuer.protocol === 'http:' ? [allowInsecureRequests] : [],
    });
  } catch (error) {
    throw issuerError(gateway, error);
  }
}

/** Resource indicator (RFC 8707) of the API and the tunnel. */
export const apiResource = (gateway: string): string => `${gateway}${API_AUDIENCE_PATH}`;

interface TokenResponse {
  readonly access_token: string;
  readonly refresh_token?: string | undefined;
  readonly expires_in?: number | undefined;
}

/** A token response (RFC 6749 section 5.1) as it is stored; a refresh that brings no new refresh token keeps `previous`'s. */
export function signInFrom(
  gateway: string,
  clientId: string,
  response: TokenResponse,
  now: number,
  previous?: StoredSignIn,
): StoredSignIn {
  const refreshToken = response.refresh_token ?? previous?.refreshToken;
  return {
    gateway,
    clientId,
    accessToken: response.access_token,
    accessExpiresAt: now + (response.expires_in ?? 60) * 1000,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(previous?.name === undefined ? {} : { name: previous.name }),
  };
}

/** OAuth error code of an issuer's answer, where that is what failed. */
export function oauthCode(error: unknown): string | undefined {
  for (
    let cause: unknown = error, depth = 0;
    depth < 4 && cause instanceof Error;
    depth += 1, cause = cause.cause
  ) {
    if ('error' in cause && typeof cause.error === 'string') return cause.error;
  }
  return undefined;
}

/** What went wrong at the issuer, told apart into *not reached* and *refused*. */
export function issuerError(gateway: string, error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  const code = oauthCode(error);
  if (code !== undefined) {
    const description =
      error instanceof Error && 'error_description' in error && typeof error.error_description === 'string'
        ? `: ${error.error_description}`
        : '';
    return new ClientError(
      'sign_in_failed',
      `${gateway} refused the sign-in (${code}${description})`,
      'Try again: drawbridge login',
      { cause: error },
    );
  }
  if (isNetworkFailure(error)) return unreachable(gateway, error);
  return new ClientError(
    'sign_in_failed',
    `${gateway} doesn't answer like a Drawbridge gateway (${error instanceof Error ? error.message : String(error)})`,
    'Check the address of the gateway.',
    { cause: error },
  );
}

const networkCode =
  /^(E[A-Z_]+|UND_ERR_\w+|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|ERR_TLS_\w+|ERR_SSL_\w+|OAUTH_TIMEOUT)$/;

function isNetworkFailure(error: unknown): boolean {
  for (
    let cause: unknown = error, depth = 0;
    depth < 5 && cause instanceof Error;
    depth += 1, cause = cause.cause
  ) {
    if ('code' in cause && typeof cause.code === 'string' && networkCode.test(cause.code)) return true;
    if (cause instanceof AggregateError || cause.name === 'TimeoutError' || cause.message === 'fetch failed')
      return true;
  }
  return false;
}
