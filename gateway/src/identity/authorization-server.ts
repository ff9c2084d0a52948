import type { JWK } from 'jose';
import Provider, { type Adapter, type Configuration, errors, interactionPolicy } from 'oidc-provider';
import { deviceFlow } from './device-flow.ts';
import { oauthErrorPage } from './error-page.ts';
import { firstPartyClients } from './first-party-clients.ts';
import type { IdentityLogger } from './settings.ts';
import type { SignIns } from './sign-ins.ts';
import type { Users } from './users.ts';

/** Seconds an access token is good for. */
export const ACCESS_TOKEN_LIFETIME = 15 * 60;
/** Seconds a person has for signing in at the provider. */
export const INTERACTION_LIFETIME = 10 * 60;
const AUTHORIZATION_CODE_LIFETIME = 60;

const SCOPES = ['openid', 'offline_access', 'profile', 'email'];

export const SESSION_COOKIE = 'drawbridge_session';

export interface AuthorizationServerDependencies {
  readonly issuer: string;
  /** Audience of the access tokens. */
  readonly audience: string;
  readonly adapter: (model: string) => Adapter;
  readonly signingKeys: readonly JWK[];
  readonly signingAlgorithm: string;
  readonly cookieKeys: readonly string[];
  readonly users: Pick<Users, 'find'>;
  readonly signIns: Pick<SignIns, 'findOpenByGrant'>;
  /** Seconds. */
  readonly idleTimeout: number;
  /** Seconds. */
  readonly maxLifetime: number;
  readonly logger: IdentityLogger;
}

/**
 * The gateway as an OpenID Provider to its own clients: code + PKCE on a loopback redirect (RFC 8252), device flow
 * (RFC 8628), rotating refresh tokens, JWT access tokens (RFC 9068). Everything that nobody needs is off.
 */
export function createAuthorizationServer(dependencies: AuthorizationServerDependencies): Provider {
  const { issuer, adapter, users, logger } = dependencies;
  const provider = new Provider(issuer, {
    adapter,
    clients: firstPartyClients(dependencies.signingAlgorithm),
    jwks: {
      keys: dependencies.signingKeys.map((key) => ({ use: 'sig', ...key })) as NonNullable<
        Configuration['jwks']
      >['keys'],
    },
    cookies: {
      keys: dependencies.cookieKeys,
      names: { session: SESSION_COOKIE, interaction: 'drawbridge_sign_in', resume: 'drawbridge_resume' },
      long: { httpOnly: true, sameSite: 'lax', signed: true },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
    },
    scopes: SCOPES,
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'] },
    // There is no UserInfo endpoint to ask, so the ID token carries what was asked for.
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    clientAuthMethods: ['none'],
    pkce: { required: () => true },
    clientBasedCORS: () => false,
    enabledJWA: { idTokenSigningAlgValues: [dependencies.signingAlgorithm] as never },
    ttl: {
      AuthorizationCode: AUTHORIZATION_CODE_LIFETIME,
      DeviceCode: INTERACTION_LIFETIME,
      Interaction: INTERACTION_LIFETIME,
      Session: INTERACTION_LIFETIME,
      IdToken: ACCESS_TOKEN_LIFETIME,
      AccessToken: ACCESS_TOKEN_LIFETIME,
      Grant: dependencies.maxLifetime,
      RefreshToken: (_ctx, token) => refreshLifetime(token.totalLifetime(), dependencies),
    },
    rotateRefreshToken: () => true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    interactions: {
      policy: alwaysSignIn(),
      url: (_ctx, interaction) => `${new URL(issuer).pathname}/interaction/${interaction.uid}`,
    },
    findAccount: async (_ctx, id) => {
      const user = await users.find(id);
      return (
        user && {
          accountId: user.id,
          claims: async () => ({
            sub: user.id,
            name: user.displayName,
            preferred_username: user.name,
            email: user.email,
          }),
        }
      );
    },
    extraTokenClaims: (_ctx, token) => signInClaims(token, dependencies.signIns),
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = oauthErrorPage(out);
    },
    features: {
      ...OFF,
      revocation: {
        enabled: true,
        allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId,
      },
      deviceFlow: deviceFlow(),
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => dependencies.audience,
        useGrantedResource: async () => true,
        getResourceServerInfo: async (_ctx, resource) => {
          if (resource !== dependencies.audience) throw new errors.InvalidTarget();
          return {
            scope: '',
            audience: dependencies.audience,
            accessTokenFormat: 'jwt',
            accessTokenTTL: ACCESS_TOKEN_LIFETIME,
            jwt: { sign: { alg: dependencies.signingAlgorithm as 'ES256' } },
          };
        },
      },
    },
  });
  provider.on('server_error', (ctx, error) =>
    logger.error({ path: ctx.path, reason: error.message }, 'the authorization server failed'),
  );
  provider.on('authorization.error', (ctx, error) =>
    logger.info({ client: ctx.oidc.client?.clientId, reason: error.message }, 'a sign-in was refused'),
  );
  provider.on('grant.error', (ctx, error) => {
    // A device asks every few seconds until its person is done.
    if (error.message === 'authorization_pending' || error.message === 'slow_down') return;
    logger.info(
      { client: ctx.oidc.client?.clientId, reason: error.error_detail ?? error.message },
      'a token request was refused',
    );
  });
  return provider;
}

const OFF = {
  devInteractions: { enabled: false },
  userinfo: { enabled: false },
  rpInitiatedLogout: { enabled: false },
  pushedAuthorizationRequests: { enabled: false },
  dPoP: { enabled: false },
} as const;

/** A person is asked for at the company's provider each time: the only session worth reusing is the one there. */
function alwaysSignIn() {
  const policy = interactionPolicy.base();
  policy
    .get('login')
    ?.checks.add(
      new interactionPolicy.Check('every_time', 'each sign-in is a new one', 'login_required', (ctx) =>
        ctx.oidc.result?.login
          ? interactionPolicy.Check.NO_NEED_TO_PROMPT
          : interactionPolicy.Check.REQUEST_PROMPT,
      ),
    );
  return policy;
}

/** Idle time, but never beyond the sign-in's absolute end. */
function refreshLifetime(
  age: number,
  { idleTimeout, maxLifetime }: { readonly idleTimeout: number; readonly maxLifetime: number },
): number {
  return Math.max(1, Math.min(idleTimeout, maxLifetime - age));
}

/** What an access token says beside the registered claims; none is made for a sign-in that has ended. */
async function signInClaims(
  token: { readonly kind: string; readonly grantId?: string | undefined },
  signIns: Pick<SignIns, 'findOpenByGrant'>,
) {
  const signIn = token.grantId === undefined ? undefined : await signIns.findOpenByGrant(token.grantId);
  if (!signIn) throw new errors.InvalidGrant('the sign-in has ended');
  return {
    sign_in: signIn.id,
    // RFC 9068 section 2.2.1.
    ...(signIn.auth_time === null ? {} : { auth_time: Math.floor(signIn.auth_time.getTime() / 1000) }),
    ...(signIn.amr.length === 0 ? {} : { amr: signIn.amr }),
  };
}
