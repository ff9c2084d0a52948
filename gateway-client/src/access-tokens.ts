import { DrawbridgeError } from '@drawbridge/contract';
import { type Configuration, refreshTokenGrant } from 'openid-client';
import { type ClientClock, systemClock } from './clock.ts';
import { apiResource, discoverIssuer, issuerError, oauthCode, signInFrom } from './issuer.ts';
import type { StoredSignIn, TokenStore } from './token-store.ts';

/** A token with less than this left is renewed first, so that it doesn't expire on its way. */
const MARGIN_MS = 30_000;

export interface AccessTokensOptions {
  /** In the form of `gatewayUrl`. */
  readonly gateway: string;
  readonly store: TokenStore;
  readonly clock?: Pick<ClientClock, 'now'>;
}

/**
 * Valid access tokens of one sign-in. Refreshing is single flight in this process and, by the store's lock,
 * across processes: whoever gets the lock second finds the first one's new token and uses that.
 */
export class AccessTokens {
  readonly gateway: string;
  readonly #store: TokenStore;
  readonly #clock: Pick<ClientClock, 'now'>;
  #issuer: Promise<Configuration> | undefined;
  #cached: StoredSignIn | undefined;
  #refreshing: Promise<StoredSignIn> | undefined;

  constructor(options: AccessTokensOptions) {
    this.gateway = options.gateway;
    this.#store = options.store;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * An access token that should be good for 30 s. `rejected` is a token that the gateway has just called
   * expired: it isn't given again.
   * @throws DrawbridgeError `sign_in_required`; ClientError `gateway_unreachable` when a refresh can't be made
   */
  async token(rejected?: string): Promise<string> {
    if (this.#cached && this.#usable(this.#cached, rejected)) return this.#cached.accessToken;
    this.#cached = await this.#store.read(this.gateway);
    if (!this.#cached) throw this.#signInRequired('not signed in');
    if (this.#usable(this.#cached, rejected)) return this.#cached.accessToken;
    this.#refreshing ??= this.#refresh(rejected).finally(() => {
      this.#refreshing = undefined;
    });
    this.#cached = await this.#refreshing;
    return this.#cached.accessToken;
  }

  /** Forgets what is cached: after a sign-in or sign-out in this process. */
  reset(): void {
    this.#cached = undefined;
  }

  #usable(signIn: StoredSignIn, rejected: string | undefined): boolean {
    return signIn.accessToken !== rejected && signIn.accessExpiresAt - MARGIN_MS > this.#clock.now();
  }

  #refresh(rejected: string | undefined): Promise<StoredSignIn> {
    return this.#store.exclusively(this.gateway, async () => {
      const signIn = await this.#store.read(this.gateway);
      if (!signIn) throw this.#signInRequired('signed out meanwhile');
      if (this.#usable(signIn, rejected)) return signIn;
      if (signIn.refreshToken === undefined) throw this.#signInRequired('the sign-in has expired');
      const fresh = await this.#redeem(signIn, signIn.refreshToken);
      await this.#store.write(fresh);
      return fresh;
    });
  }

  async #redeem(signIn: StoredSignIn, refreshToken: string): Promise<StoredSignIn> {
    this.#issuer ??= discoverIssuer(this.gateway, signIn.clientId).catch((error: unknown) => {
      this.#issuer = undefined;
      throw error;
    });
    const issuer = await this.#issuer;
    try {
      const response = await refreshTokenGrant(issuer, refreshToken, { resource: apiResource(this.gateway) });
      return signInFrom(this.gateway, signIn.clientId, response, this.#clock.now(), signIn);
    } catch (error) {
      if (oauthCode(error) !== 'invalid_grant') throw issuerError(this.gateway, error);
      await this.#store.remove(this.gateway);
      throw this.#signInRequired('the sign-in has ended');
    }
  }

  #signInRequired(why: string): DrawbridgeError {
    this.#cached = undefined;
    return new DrawbridgeError('sign_in_required', `${why} at ${this.gateway}`, {
      hint: `drawbridge login --gateway ${this.gateway}`,
    });
  }
}
