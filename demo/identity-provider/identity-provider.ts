import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { interactionPolicy } from 'oidc-provider';
import { MemoryAdapter } from './memory-adapter.ts';
import { type DemoPerson, people } from './people.ts';
import { signInMiddleware } from './sign-in-middleware.ts';
import { PAGE_HEADERS, problemPage } from './sign-in-page.ts';

export interface IdentityProviderOptions {
  /** 0: any. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: the demo's people. */
  readonly people?: readonly DemoPerson[];
}

export interface IdentityProvider {
  readonly issuer: string;
  /** The one client: a gateway on this machine, at any port. */
  readonly clientId: string;
  readonly clientSecret: string;
  close(): Promise<void>;
}

const CLIENT_ID = 'drawbridge';
const CALLBACK_PATH = '/oidc/upstream/callback';

/**
 * The demo's company: a standard OpenID Provider that knows a handful of people. The gateway treats it as it would
 * any other.
 */
export async function startIdentityProvider(options: IdentityProviderOptions): Promise<IdentityProvider> {
  const host = options.host ?? '127.0.0.1';
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, resolve);
  });
  const issuer = `http://${host}:${(server.address() as AddressInfo).port}`;
  const clientSecret = randomBytes(32).toString('base64url');
  const provider = await createProvider(issuer, clientSecret, options.people ?? people);
  server.on('request', provider.callback());
  return {
    issuer,
    clientId: CLIENT_ID,
    clientSecret,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

async function createProvider(
  issuer: string,
  clientSecret: string,
  known: readonly DemoPerson[],
): Promise<Provider> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kty: 'EC', alg: 'ES256', use: 'sig', kid: 'demo' } as const;
  const entries: ConstructorParameters<typeof MemoryAdapter>[1] = new Map();
  const provider = new Provider(issuer, {
    adapter: (model) => new MemoryAdapter(model, entries),
    jwks: { keys: [key] },
    cookies: {
      keys: [randomBytes(32).toString('base64url')],
      long: { httpOnly: true, sameSite: 'lax', signed: true },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
    },
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: clientSecret,
        client_name: 'Drawbridge',
        // A native client's loopback redirect may have any port (RFC 8252), as the demo's gateway does.
        application_type: 'native',
        redirect_uris: [`http://127.0.0.1${CALLBACK_PATH}`, `http://localhost${CALLBACK_PATH}`],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    claims: {
      openid: ['sub', 'auth_time', 'amr'],
      profile: ['name', 'preferred_username', 'groups'],
      email: ['email', 'email_verified'],
    },
    responseTypes: ['code'],
    pkce: { required: () => true },
    clientBasedCORS: () => false,
    // The session is forgotten before the code is redeemed.
    expiresWithSession: async () => false,
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      IdToken: 300,
      Interaction: 600,
      Session: 600,
      Grant: 600,
    },
    interactions: { policy: alwaysAsk() },
    findAccount: (_ctx, id) => {
      const person = known.find((one) => one.id === id);
      return person && { accountId: person.id, claims: () => claimsOf(person) };
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false },
      resourceIndicators: { enabled: false },
    },
    renderError: (ctx, out) => {
      ctx.set(PAGE_HEADERS);
      ctx.body = problemPage(out.error_description ?? out.error);
    },
  });
  provider.use(signInMiddleware(provider, known));
  return provider;
}

/** So that the next sign-in in the same browser may be somebody else's. */
function alwaysAsk() {
  const { Check, base } = interactionPolicy;
  const policy = base();
  policy
    .get('login')
    ?.checks.add(
      new Check('every_time', 'choose who you are', 'login_required', (ctx) =>
        ctx.oidc.result?.login ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT,
      ),
    );
  return policy;
}

const claimsOf = ({ id, name, email, groups }: DemoPerson) => ({
  sub: id,
  name,
  preferred_username: id,
  email,
  email_verified: true,
  ...(groups.length === 0 ? {} : { groups: [...groups] }),
});
