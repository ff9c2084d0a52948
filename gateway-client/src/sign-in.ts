import { CLIENT_IDS } from '@drawbridge/contract';
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  initiateDeviceAuthorization,
  pollDeviceAuthorizationGrant,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { ClientError } from './client-error.ts';
import { systemClock } from './clock.ts';
import { gatewayUrl } from './gateway-url.ts';
import { apiResource, discoverIssuer, issuerError, oauthCode, signInFrom } from './issuer.ts';
import { listenForCallback } from './loopback-callback.ts';
import type { StoredSignIn } from './token-store.ts';

const SCOPE = 'openid offline_access';
/** How long a person may take in the browser, in milliseconds. */
const SIGN_IN_TIMEOUT_MS = 5 * 60_000;

export interface SignInOptions {
  readonly gateway: string;
  /** Shows the page to the person: a browser, or whatever stands for one. May resolve before the sign-in is done. */
  readonly openBrowser: (url: string) => unknown;
  /** Default: the CLI's. */
  readonly clientId?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds; default 5 minutes. */
  readonly timeout?: number;
}

/**
 * Signs in by authorization code and PKCE on a loopback redirect (RFC 8252, RFC 7636). The caller stores
 * what comes back.
 * @throws ClientError `sign_in_failed`, `sign_in_timeout`, `sign_in_cancelled`, `gateway_unreachable`
 */
export async function signIn(options: SignInOptions): Promise<StoredSignIn> {
  const gateway = gatewayUrl(options.gateway);
  const clientId = options.clientId ?? CLIENT_IDS.cli;
  const issuer = await discoverIssuer(gateway, clientId);
  const verifier = randomPKCECodeVerifier();
  const state = randomState();
  const wait = AbortSignal.timeout(options.timeout ?? SIGN_IN_TIMEOUT_MS);
  const callback = await listenForCallback(
    state,
    options.signal ? AbortSignal.any([options.signal, wait]) : wait,
  );
  try {
    const url = buildAuthorizationUrl(issuer, {
      redirect_uri: callback.redirectUri,
      scope: SCOPE,
      state,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      resource: apiResource(gateway),
    });
    const answer = await Promise.race([
      callback.answered,
      shown(options.openBrowser, url.href, callback.answered),
    ]);
    const response = await authorizationCodeGrant(
      issuer,
      answer,
      { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true },
      { resource: apiResource(gateway) },
    );
    return signInFrom(gateway, clientId, response, systemClock.now());
  } catch (error) {
    throw ended(gateway, error, options.signal, wait);
  } finally {
    await callback.close();
  }
}

/** Opens the browser; only its failure counts, since the answer comes by the redirect. */
async function shown(
  openBrowser: SignInOptions['openBrowser'],
  url: string,
  answered: Promise<URL>,
): Promise<URL> {
  await openBrowser(url);
  return answered;
}

export interface DeviceCode {
  readonly userCode: string;
  readonly verificationUri: string;
  /** The same with the code in it, for a QR code or a link. */
  readonly verificationUriComplete?: string;
  /** Seconds. */
  readonly expiresIn: number;
}

export interface DeviceSignInOptions {
  readonly gateway: string;
  readonly onCode: (code: DeviceCode) => void;
  readonly clientId?: string;
  readonly signal?: AbortSignal;
}

/** Signs in on another device (RFC 8628): `onCode` shows what to type and where. Errors as `signIn`. */
export async function signInWithDevice(options: DeviceSignInOptions): Promise<StoredSignIn> {
  const gateway = gatewayUrl(options.gateway);
  const clientId = options.clientId ?? CLIENT_IDS.cli;
  const issuer = await discoverIssuer(gateway, clientId);
  const resource = apiResource(gateway);
  try {
    const started = await initiateDeviceAuthorization(issuer, { scope: SCOPE, resource });
    options.onCode({
      userCode: started.user_code,
      verificationUri: started.verification_uri,
      ...(started.verification_uri_complete === undefined
        ? {}
        : { verificationUriComplete: started.verification_uri_complete }),
      expiresIn: started.expires_in,
    });
    const response = await pollDeviceAuthorizationGrant(
      issuer,
      started,
      { resource },
      options.signal ? { signal: options.signal } : {},
    );
    return signInFrom(gateway, clientId, response, systemClock.now());
  } catch (error) {
    throw ended(gateway, error, options.signal);
  }
}

function ended(
  gateway: string,
  error: unknown,
  cancelled: AbortSignal | undefined,
  wait?: AbortSignal,
): Error {
  if (cancelled?.aborted) return new ClientError('sign_in_cancelled', 'the sign-in was cancelled');
  const code = oauthCode(error);
  if (wait?.aborted || code === 'expired_token') {
    return new ClientError(
      'sign_in_timeout',
      'nobody finished the sign-in in time',
      'Start again; on a machine without a browser: drawbridge login --device',
    );
  }
  if (code === 'access_denied')
    return new ClientError(
      'sign_in_failed',
      'the sign-in was refused or cancelled in the browser',
      'Try again: drawbridge login',
    );
  return issuerError(gateway, error);
}
