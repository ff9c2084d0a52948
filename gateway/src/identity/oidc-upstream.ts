import { DrawbridgeError } from '@drawbridge/contract';
import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  ResponseBodyError,
  randomNonce,
  randomPKCECodeVerifier,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { groupsClaimOf, personFromClaims } from './person-claims.ts';
import type { IdentityLogger, IdentitySettings } from './settings.ts';
import type { Person, Upstream, UpstreamStart } from './upstream.ts';

/** Seconds that one request to the provider may take. */
const TIMEOUT_S = 10;
/** Milliseconds after which the provider's description is read anew. */
const DISCOVERY_MAX_AGE_MS = 3600_000;

const Pending = z.object({ nonce: z.string(), codeVerifier: z.string() });

export interface OidcUpstreamDependencies {
  readonly settings: IdentitySettings;
  /** The redirect URI registered at the provider. */
  readonly callbackUrl: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Pick<IdentityLogger, 'warn'>;
}

/** The company's OpenID Connect provider: code flow with PKCE, state and nonce; the ID token's signature is checked. */
export class OidcUpstream implements Upstream {
  readonly name: string;
  readonly #settings: IdentitySettings;
  readonly #callbackUrl: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #logger: Pick<IdentityLogger, 'warn'>;
  #known: { readonly configuration: Configuration; readonly readAt: number } | undefined;
  #reading: Promise<Configuration> | undefined;

  constructor(dependencies: OidcUpstreamDependencies) {
    this.name = dependencies.settings.provider;
    this.#settings = dependencies.settings;
    this.#callbackUrl = dependencies.callbackUrl;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
  }

  async begin({ state, fresh }: { readonly state: string; readonly fresh: boolean }): Promise<UpstreamStart> {
    const configuration = await this.#discover();
    const pending = { nonce: randomNonce(), codeVerifier: randomPKCECodeVerifier() };
    const prompt = fresh ? 'login' : this.#settings.prompt;
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: this.#callbackUrl,
      response_type: 'code',
      scope: [...new Set(['openid', ...(this.#settings.scopes ?? ['profile', 'email'])])].join(' '),
      state,
      nonce: pending.nonce,
      code_challenge: await calculatePKCECodeChallenge(pending.codeVerifier),
      code_challenge_method: 'S256',
      ...(prompt === undefined ? {} : { prompt }),
    });
    return { url, pending };
  }

  async finish({
    url,
    state,
    pending,
  }: {
    readonly url: URL;
    readonly state: string;
    readonly pending: unknown;
  }): Promise<Person> {
    const { nonce, codeVerifier } = Pending.parse(pending);
    const configuration = await this.#discover();
    try {
      const tokens = await authorizationCodeGrant(configuration, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      });
      const idToken = tokens.claims();
      if (!idToken) throw new Error('no ID token');
      return personFromClaims(
        await this.#completed(configuration, tokens.access_token, idToken),
        this.#settings,
      );
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  /** What the ID token leaves out of name and groups is asked at the UserInfo endpoint (section 5.3), which must then answer. */
  async #completed(
    configuration: Configuration,
    accessToken: string,
    idToken: Readonly<Record<string, unknown>> & { readonly sub: string },
  ) {
    const { nameClaim = 'preferred_username', displayNameClaim = 'name' } = this.#settings;
    const wanted = [groupsClaimOf(this.#settings), nameClaim, displayNameClaim];
    if (
      wanted.every((claim) => idToken[claim] !== undefined) ||
      configuration.serverMetadata().userinfo_endpoint === undefined
    )
      return idToken;
    return { ...(await fetchUserInfo(configuration, accessToken, idToken.sub)), ...idToken };
  }

  /** Reads the provider's description once for all who wait; a failure is not remembered, an old description is better than none. */
  async #discover(): Promise<Configuration> {
    const known = this.#known;
    if (known && this.#clock.now() - known.readAt < DISCOVERY_MAX_AGE_MS) return known.configuration;
    this.#reading ??= this.#readTwice().finally(() => {
      this.#reading = undefined;
    });
    try {
      return await this.#reading;
    } catch (error) {
      if (known) return known.configuration;
      throw this.#unreachable(error);
    }
  }

  async #readTwice(): Promise<Configuration> {
    const configuration = await this.#read().catch(() => this.#read());
    this.#known = { configuration, readAt: this.#clock.now() };
    return configuration;
  }

  #read(): Promise<Configuration> {
    const issuer = new URL(this.#settings.issuer);
    return discovery(issuer, this.#settings.clientId, undefined, secretAuth(this.#settings.clientSecret), {
      timeout: TIMEOUT_S,
      // The code flow would let an ID token pass unverified since it came over TLS; here it is verified all the same.
      execute: [
        enableNonRepudiationChecks,
        ...(issuer.protocol === 'http:' && isLoopback(issuer) ? [allowInsecureRequests] : []),
      ],
    });
  }

  #refusal(error: unknown): DrawbridgeError {
    if (error instanceof DrawbridgeError) return error;
    if (error instanceof AuthorizationResponseError) {
      const why = error.error_description ?? error.error;
      return new DrawbridgeError(
        'forbidden',
        `${this.name} did not sign you in: ${why}.`,
        { hint: 'Try again, or ask whoever runs it.' },
        { cause: error },
      );
    }
    if (isUnreachable(error)) return this.#unreachable(error);
    this.#logger.warn(
      { provider: this.name, reason: reasonOf(error) },
      'the answer of the identity provider was refused',
    );
    return new DrawbridgeError(
      'forbidden',
      `The answer of ${this.name} did not pass the checks (${reasonOf(error)}).`,
      { hint: 'Try again; if it stays, the log of the gateway says more.' },
      { cause: error },
    );
  }

  #unreachable(error: unknown): DrawbridgeError {
    this.#logger.warn(
      { provider: this.name, reason: reasonOf(error) },
      'the identity provider can not be reached',
    );
    return new DrawbridgeError(
      'not_ready',
      `${this.name} can't be reached, so nobody can be signed in now.`,
      { hint: 'Try again in a moment.' },
      { cause: error },
    );
  }
}

/** Shows the secret in the way the provider takes it; without a word from it, as in RFC 6749 section 2.3.1. */
function secretAuth(secret: string): ClientAuth {
  const basic = ClientSecretBasic(secret);
  const post = ClientSecretPost(secret);
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? basic : post)(server, ...rest);
  };
}

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);

/** What an error says, and the OAuth error behind it; openid-client puts no secrets in either. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (error instanceof ResponseBodyError)
    return `${error.error}${error.error_description === undefined ? '' : `: ${error.error_description}`}`;
  if (error instanceof WWWAuthenticateChallengeError)
    return error.cause[0]?.parameters.error ?? `status ${error.status}`;
  return error.cause instanceof Error && error.cause.message !== ''
    ? `${error.message}: ${error.cause.message}`
    : error.message;
}

function isUnreachable(error: unknown): boolean {
  for (
    let cause: unknown = error, depth = 0;
    depth < 5 && cause instanceof Error;
    depth += 1, cause = cause.cause
  ) {
    if (cause.name === 'TimeoutError' || cause.message === 'fetch failed') return true;
    if ('code' in cause && (cause.code === 'OAUTH_TIMEOUT' || cause.code === 'ECONNREFUSED')) return true;
  }
  return false;
}
