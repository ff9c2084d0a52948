import type { JWK } from 'jose';

/** How people are signed in: the company's identity provider, and how long a sign-in lasts. */
export interface IdentitySettings {
  /** Name of the provider; with its `sub` it says who a person is, so it must never change. */
  readonly provider: string;
  /** OpenID Connect issuer. https, or http on loopback. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Scopes asked for; `openid` is always among them. Default: openid, profile, email. */
  readonly scopes?: readonly string[];
  /** Claim that lists a person's groups. Default: `groups`. */
  readonly groupsClaim?: string;
  /** Claim with the short login name. Default: `preferred_username`, then the e-mail's local part, then `sub`. */
  readonly nameClaim?: string;
  /** Claim with the name to show. Default: `name`. */
  readonly displayNameClaim?: string;
  /** Whether every address it gives is the person's own, for providers that don't send `email_verified`. Default: false. */
  readonly emailsAreVerified?: boolean;
  /** `prompt` sent to the provider, e.g. `select_account`. Default: none. */
  readonly prompt?: string;
  /** Seconds without a refresh after which a sign-in lapses. Default: 12 h. */
  readonly idleTimeout?: number;
  /** Seconds after which a person signs in again whatever happened. Default: 7 d. */
  readonly maxLifetime?: number;
}

export const DEFAULT_IDLE_TIMEOUT = 12 * 3600;
export const DEFAULT_MAX_LIFETIME = 7 * 86_400;

/** The keys of the authorization server, newest first: the first signs, the others still verify. */
export interface IdentityKeys {
  /** Private JWKs with `kid` and `alg` (ES256, EdDSA, RS256 or PS256). */
  oidcKeys(): Promise<JWK[]>;
  /** Secrets that sign cookies. */
  cookieKeys(): Promise<string[]>;
}

/** As pino has it. */
export interface IdentityLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
