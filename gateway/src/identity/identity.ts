import type { IncomingMessage, ServerResponse } from 'node:http';
import { API_AUDIENCE_PATH, ISSUER_PATH, type SignInId } from '@drawbridge/contract';
import type { JWK } from 'jose';
import type { Kysely } from 'kysely';
import type { Audit } from '../access/audit.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import { AccessTokens, type Caller } from './access-tokens.ts';
import { createAuthorizationServer } from './authorization-server.ts';
import { removeLapsed } from './lapsed.ts';
import { OidcAdapter } from './oidc-adapter.ts';
import { OidcUpstream } from './oidc-upstream.ts';
import { answerFailures, forgetSession, prefillDeviceCode, securityHeaders } from './page-middleware.ts';
import {
  DEFAULT_IDLE_TIMEOUT,
  DEFAULT_MAX_LIFETIME,
  type IdentityKeys,
  type IdentityLogger,
  type IdentitySettings,
} from './settings.ts';
import { SignInRoutes, UPSTREAM_CALLBACK } from './sign-in-routes.ts';
import { SignIns } from './sign-ins.ts';
import { Users } from './users.ts';

export type { Caller } from './access-tokens.ts';
export type { IdentityKeys, IdentityLogger, IdentitySettings } from './settings.ts';

const CLEAN_UP_EVERY_MS = 10 * 60_000;

export interface IdentityDependencies {
  readonly settings: IdentitySettings;
  /** Where clients reach the gateway, without a slash at the end. */
  readonly publicUrl: string;
  readonly db: Kysely<Database>;
  readonly keys: IdentityKeys;
  readonly clock: Clock;
  readonly logger: IdentityLogger;
  /** Takes down who signed in and whose sign-in ended. */
  readonly audit: Pick<Audit, 'append'>;
  /** Told of each sign-in that was ended (signed out, revoked, refresh token reused), after it is so in the store. */
  readonly onSignedOut: (id: SignInId) => void;
}

/** Who is calling: signs people in at the company's provider, issues tokens to our own clients, checks them. */
export interface Identity {
  readonly issuer: string;
  /** The redirect URI to register at the company's provider. */
  readonly callbackUrl: string;
  /**
   * Serves everything below `ISSUER_PATH`; wants the request as it came, its body unread.
   * @param address where the client is, when that is not the connection's other end
   */
  readonly handler: (request: IncomingMessage, response: ServerResponse, address?: string) => void;
  /**
   * Whose `Authorization` header this is.
   * @throws DrawbridgeError `sign_in_required`, `token_expired`, `token_invalid`, `signed_out`
   */
  authenticate(authorization: string | undefined): Promise<Caller>;
  /**
   * Ends the caller's sign-in, or all of the person, with every token; says which were ended.
   * @param address where the caller is, for the audit log
   */
  signOut(
    caller: Pick<Caller, 'user' | 'signInId'>,
    everywhere: boolean,
    address?: string | undefined,
  ): Promise<SignInId[]>;
  /** Removes what has expired; runs by itself every ten minutes. */
  cleanUp(): Promise<void>;
  close(): void;
}

/** Needs the store, not the company's provider: that one is looked up when somebody signs in. */
export async function createIdentity(dependencies: IdentityDependencies): Promise<Identity> {
  const { settings, db, clock, logger, audit } = dependencies;
  const publicUrl = dependencies.publicUrl.replace(/\/+$/, '');
  const issuer = `${publicUrl}${ISSUER_PATH}`;
  const audience = `${publicUrl}${API_AUDIENCE_PATH}`;
  const callbackUrl = `${issuer}${UPSTREAM_CALLBACK}`;
  const idleTimeout = settings.idleTimeout ?? DEFAULT_IDLE_TIMEOUT;
  const maxLifetime = settings.maxLifetime ?? DEFAULT_MAX_LIFETIME;

  const signingKeys = await dependencies.keys.oidcKeys();
  const signingAlgorithm = signingKeys[0]?.alg;
  if (signingAlgorithm === undefined) throw new Error('the first signing key has no "alg"');

  const users = new Users(db, clock);
  const signIns = new SignIns({ db, clock, audit, onEnded: dependencies.onSignedOut });
  const upstream = new OidcUpstream({ settings, callbackUrl, clock, logger });
  const provider = createAuthorizationServer({
    issuer,
    audience,
    adapter: (model) => new OidcAdapter(model, { db, clock, signIns }),
    signingKeys,
    signingAlgorithm,
    cookieKeys: await dependencies.keys.cookieKeys(),
    users,
    signIns,
    idleTimeout,
    maxLifetime,
    logger,
  });
  const routes = new SignInRoutes({ provider, db, clock, logger, upstream, users, signIns, maxLifetime });
  // The proxy headers it trusts are written by `atPublicUrl`, never the client's.
  provider.proxy = true;
  for (const middleware of [
    securityHeaders,
    answerFailures(logger),
    forgetSession,
    routes.middleware,
    prefillDeviceCode,
  ])
    provider.use(middleware);
  const serve = provider.callback();

  const tokens = new AccessTokens({
    issuer,
    audience,
    keys: signingKeys.map(publicPart),
    algorithms: [...new Set(signingKeys.map((key) => key.alg ?? signingAlgorithm))],
    db,
    clock,
  });

  const cleanUp = () => removeLapsed(db, clock.now(), audit);
  const stopCleaning = everySoOften(clock, () => {
    cleanUp().catch((error: unknown) =>
      logger.warn({ reason: String(error) }, 'expired sign-ins could not be removed'),
    );
  });

  return {
    issuer,
    callbackUrl,
    handler: (request, response, address) => {
      if (atPublicUrl(request, publicUrl, address)) void serve(request, response);
      else response.writeHead(404).end();
    },
    authenticate: (authorization) => tokens.authenticate(authorization),
    signOut: ({ user, signInId }, everywhere, address) =>
      signIns.end(everywhere ? { userId: user.id } : { id: signInId }, 'signed_out', { user, address }),
    cleanUp,
    close: stopCleaning,
  };
}

/**
 * Makes the request look as if it came straight to the public URL, whatever Host and forwarding headers say: links
 * and cookies are made from these. False where the path is not below the issuer's.
 */
function atPublicUrl(
  request: IncomingMessage & { originalUrl?: string },
  publicUrl: string,
  address: string | undefined,
): boolean {
  const { host, protocol, pathname } = new URL(publicUrl);
  const url = request.url ?? '';
  if (!url.startsWith(`${ISSUER_PATH}/`)) return false;
  request.url = url.slice(ISSUER_PATH.length);
  request.originalUrl = `${pathname.replace(/\/$/, '')}${url}`;
  delete request.headers['x-forwarded-host'];
  delete request.headers['x-forwarded-for'];
  if (address !== undefined) request.headers['x-forwarded-for'] = address;
  request.headers.host = host;
  request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
  return true;
}

function publicPart({ kty, crv, x, y, n, e, kid, alg }: JWK): JWK {
  return Object.fromEntries(
    Object.entries({ kty, crv, x, y, n, e, kid, alg }).filter(([, value]) => value !== undefined),
  ) as JWK;
}

function everySoOften(clock: Clock, task: () => void): () => void {
  let cancel = clock.after(CLEAN_UP_EVERY_MS, again);
  function again() {
    task();
    cancel = clock.after(CLEAN_UP_EVERY_MS, again);
  }
  return () => cancel();
}
