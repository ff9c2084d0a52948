import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { API_AUDIENCE_PATH, CLIENT_IDS, ISSUER_PATH, type SignInId } from '@drawbridge/contract';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  None,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { driveSignIn } from '../../demo/drive-sign-in.ts';
import {
  type IdentityProvider,
  startIdentityProvider,
} from '../../demo/identity-provider/identity-provider.ts';
import { type DemoPerson, people } from '../../demo/identity-provider/people.ts';
import { Audit } from '../../gateway/src/access/audit.ts';
import { createIdentity, type Identity, type IdentitySettings } from '../../gateway/src/identity/identity.ts';
import { openDatabase } from '../../gateway/src/store/database.ts';
import { createTestDatabase } from './database.ts';

/** The identity room on a real server, store and upstream provider. */
export interface TestIdentity {
  readonly url: string;
  readonly identity: Identity;
  readonly db: Awaited<ReturnType<typeof openDatabase>>['db'];
  readonly upstream: IdentityProvider;
  /** The upstream's people; change them as an administrator would. */
  readonly people: DemoPerson[];
  readonly signingKey: JWK;
  /** Sign-ins announced as ended, in order. */
  readonly ended: SignInId[];
  /** Everything logged, as one text. */
  log(): string;
  /** Puts the gateway's clock ahead. */
  advance(ms: number): void;
  close(): Promise<void>;
}

export interface TestIdentityOptions {
  readonly settings?: Partial<IdentitySettings>;
  /** Default: the server's own address. */
  readonly publicUrl?: string;
}

export async function startTestIdentity({
  settings,
  publicUrl,
}: TestIdentityOptions = {}): Promise<TestIdentity> {
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const known = [...people];
    const upstream = await startIdentityProvider({ port: 0, people: known });
    closers.push(() => upstream.close().catch(() => undefined));
    const database = await createTestDatabase();
    closers.push(() => database.drop());
    const { db, close: closeDatabase } = await openDatabase(database.url, {
      onConnectionLost: () => undefined,
    });
    closers.push(closeDatabase);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const signingKey = await newSigningKey();
    const ended: SignInId[] = [];
    const lines: string[] = [];
    const line = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
    let ahead = 0;
    const clock = { now: () => Date.now() + ahead, after: () => () => undefined };
    const identity = await createIdentity({
      settings: {
        provider: 'demo',
        issuer: upstream.issuer,
        clientId: upstream.clientId,
        clientSecret: upstream.clientSecret,
        ...settings,
      },
      publicUrl: publicUrl ?? url,
      db,
      keys: { oidcKeys: async () => [signingKey], cookieKeys: async () => ['a secret of the test'] },
      clock,
      logger: { info: line, warn: line, error: line },
      audit: new Audit(db, clock),
      onSignedOut: (id) => ended.push(id),
    });
    closers.push(() => identity.close());
    server.on('request', identity.handler);
    const advance = (ms: number) => {
      ahead += ms;
    };
    return {
      url,
      identity,
      db,
      upstream,
      people: known,
      signingKey,
      ended,
      log: () => lines.join('\n'),
      advance,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export async function newSigningKey(kid = 'test'): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: 'ES256' };
}

/** The gateway's issuer as a client of it sees it. */
export function discoverGateway(url: string, clientId: string = CLIENT_IDS.cli): Promise<Configuration> {
  return discovery(new URL(`${url}${ISSUER_PATH}`), clientId, undefined, None(), {
    execute: [allowInsecureRequests],
  });
}

export interface SignInOverrides {
  readonly clientId?: string;
  /** Added to or, where undefined, left out of the authorization request. */
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  /** Default: drives the forms as a browser would. */
  readonly open?: (url: string) => Promise<unknown>;
  /** Sees the token request. */
  readonly onRedeem?: (request: { readonly url: URL; readonly body: string }) => void;
}

/** Signs in as a native client does, by code and PKCE on a loopback redirect. @throws what the issuer or the person's browser says. */
export async function signInAs(
  url: string,
  person: string,
  { clientId, parameters, open, onRedeem }: SignInOverrides = {},
) {
  const issuer = await discoverGateway(url, clientId);
  issuer[customFetch] = (target, init) => {
    if (init.method === 'POST') onRedeem?.({ url: new URL(target), body: String(init.body) });
    return fetch(target, { ...init, body: init.body ?? null });
  };
  const loopback = await listenForRedirect();
  try {
    const verifier = randomPKCECodeVerifier();
    const state = randomState();
    const request = {
      redirect_uri: loopback.redirectUri,
      scope: 'openid profile email offline_access',
      prompt: 'consent',
      state,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      resource: `${url}${API_AUDIENCE_PATH}`,
      ...parameters,
    };
    const defined = Object.entries(request).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    const target = buildAuthorizationUrl(issuer, Object.fromEntries(defined)).href;
    await (open ? open(target) : driveSignIn(target, person));
    const answer = loopback.answer();
    if (!answer) throw new Error('nothing came back to the client');
    return await authorizationCodeGrant(issuer, answer, { pkceCodeVerifier: verifier, expectedState: state });
  } finally {
    await loopback.close();
  }
}

/** Where a native client waits for its code. */
export async function listenForRedirect() {
  let answer: URL | undefined;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', redirectUri);
    // A browser asks for its icon, too.
    if (url.pathname === '/callback') answer = url;
    response.end('<p>You can close this window.</p>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  return {
    redirectUri,
    answer: () => answer,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
