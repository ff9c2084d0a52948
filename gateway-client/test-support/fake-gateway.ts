import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Api,
  api,
  CLIENT_IDS,
  DrawbridgeError,
  type Operation,
  type Route,
  TUNNEL_PATH,
  TUNNEL_SUBPROTOCOL,
} from '@drawbridge/contract';
import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import { type WebSocket, WebSocketServer } from 'ws';

interface Call {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly token: string;
  readonly response: ServerResponse;
}

/** What an operation answers; a thrown DrawbridgeError becomes its ErrorBody. `undefined`: it has answered itself. */
type Handlers = { [O in Operation]?: (call: Call) => unknown };

export interface FakeGateway {
  readonly url: string;
  readonly handlers: Handlers;
  readonly calls: Call[];
  /** Token requests by grant type, as the issuer saw them. */
  readonly tokenRequests: string[];
  /** Access tokens that the API calls expired. */
  readonly expired: Set<string>;
  /** Takes a tunnel, or throws a DrawbridgeError to refuse it. */
  onTunnel: (socket: WebSocket, url: URL) => void;
  readonly tunnels: URL[];
  refuseTunnel: (() => DrawbridgeError | undefined) | undefined;
  /** Signs `person` in without a browser: the sign-in as a client would store it. */
  tokensFor(person: string): Promise<{ accessToken: string; refreshToken: string; expiresIn: number }>;
  /** What a browser does with the address it is given: follows redirects with cookies; answers the last page. */
  browse(url: string, form?: Record<string, string>): Promise<{ status: number; body: string; url: string }>;
  person: string;
  /** Seconds. */
  accessLifetime: number;
  close(): Promise<void>;
}

/**
 * A gateway for the client's tests: the contract's routes with handlers of the test's choice, a real
 * `oidc-provider` as its issuer that signs everybody in as `person`, and the tunnel's WebSocket.
 */
export async function startFakeGateway(): Promise<FakeGateway> {
  let provider: Provider | undefined;
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path.startsWith('/oidc/interaction/') && provider)
      void finishInteraction(provider, gateway.person, request, response);
    else if (path.startsWith('/oidc') && provider) {
      Object.assign(request, { originalUrl: path });
      request.url = path.slice('/oidc'.length) || '/';
      provider.callback()(request, response);
    } else void answer(gateway, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: () => TUNNEL_SUBPROTOCOL,
  });
  const cookies = new Map<string, string>();
  const gateway: FakeGateway = {
    url,
    handlers: {},
    calls: [],
    tokenRequests: [],
    expired: new Set(),
    onTunnel: (socket) => socket.close(),
    tunnels: [],
    refuseTunnel: undefined,
    tokensFor: (person) => mintTokens(provider, person, url),
    browse: (address, form) => browse(cookies, address, form),
    person: 'alice',
    accessLifetime: 900,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  provider = await createProvider(url, gateway);
  server.on('upgrade', (request, socket, head) => {
    const target = new URL(request.url ?? '/', url);
    const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
    const refusal = gateway.expired.has(token)
      ? new DrawbridgeError('token_expired', 'the token has expired')
      : gateway.refuseTunnel?.();
    if (target.pathname !== TUNNEL_PATH || refusal) {
      const error = refusal ?? new DrawbridgeError('not_found', 'nothing is here');
      const body = JSON.stringify(error.toBody());
      socket.end(
        `HTTP/1.1 ${error.status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
      return;
    }
    gateway.tunnels.push(target);
    sockets.handleUpgrade(request, socket, head, (client) => gateway.onTunnel(client, target));
  });
  return gateway;
}

async function answer(
  gateway: FakeGateway,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', gateway.url);
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    const found = match(request.method ?? 'GET', url.pathname);
    const handler = found && gateway.handlers[found.operation];
    if (!found || !handler)
      throw new DrawbridgeError('not_found', `nothing answers ${request.method ?? ''} ${url.pathname}`);
    const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
    if (gateway.expired.has(token)) throw new DrawbridgeError('token_expired', 'the token has expired');
    const call: Call = {
      ...found,
      query: Object.fromEntries(url.searchParams),
      body: text === '' ? undefined : JSON.parse(text),
      token,
      response,
    };
    gateway.calls.push(call);
    const value = await handler(call);
    if (value === undefined) return;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  } catch (error) {
    const failure = error instanceof DrawbridgeError ? error : new DrawbridgeError('internal', String(error));
    response
      .writeHead(failure.status, { 'content-type': 'application/json' })
      .end(JSON.stringify(failure.toBody()));
  }
}

function match(
  method: string,
  path: string,
): { operation: Operation; params: Record<string, string> } | undefined {
  for (const [operation, route] of Object.entries(api) as [Operation, Route & Api[Operation]][]) {
    const pattern = new RegExp(`^${route.path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
    const found = route.method === method ? pattern.exec(path) : null;
    if (found)
      return {
        operation,
        params: Object.fromEntries(
          Object.entries(found.groups ?? {}).map(([k, v]) => [k, decodeURIComponent(v)]),
        ),
      };
  }
  return undefined;
}

async function createProvider(url: string, gateway: FakeGateway): Promise<Provider> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const provider = new Provider(`${url}/oidc`, {
    clients: [
      {
        client_id: CLIENT_IDS.cli,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback'],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'test' }] },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    rotateRefreshToken: true,
    issueRefreshToken: () => true,
    pkce: { required: () => true },
    ttl: {
      AccessToken: () => gateway.accessLifetime,
      Grant: 3600,
      RefreshToken: 3600,
      Session: 3600,
      Interaction: 600,
      IdToken: 600,
      DeviceCode: 600,
      AuthorizationCode: 60,
    },
    interactions: { url: (_ctx, interaction) => `${url}/oidc/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      deviceFlow: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => `${url}/v1`,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: '',
          audience: `${url}/v1`,
          accessTokenFormat: 'jwt',
          accessTokenTTL: gateway.accessLifetime,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  const note = (ctx: { oidc: { params?: Record<string, unknown> | undefined } }) =>
    gateway.tokenRequests.push(String(ctx.oidc.params?.grant_type));
  provider.on('grant.success', note);
  provider.on('grant.error', (ctx, error) => {
    if (error.message !== 'authorization_pending') note(ctx);
  });
  return provider;
}

async function finishInteraction(
  provider: Provider,
  person: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { params, prompt } = await provider.interactionDetails(request, response);
    if (person === 'nobody')
      return await provider.interactionFinished(
        request,
        response,
        { error: 'access_denied', error_description: 'cancelled' },
        { mergeWithLastSubmission: false },
      );
    const grant = new provider.Grant({ accountId: person, clientId: String(params.client_id) });
    grant.addOIDCScope('openid offline_access');
    grant.addResourceScope(String(params.resource), '');
    const grantId = await grant.save();
    await provider.interactionFinished(
      request,
      response,
      prompt.name === 'login'
        ? { login: { accountId: person }, consent: { grantId } }
        : { consent: { grantId } },
      { mergeWithLastSubmission: true },
    );
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}

async function mintTokens(
  provider: Provider | undefined,
  person: string,
  url: string,
): Promise<{ accessToken: string; refreshToken: string; expiresIn: number }> {
  if (!provider) throw new Error('not started');
  const client = await provider.Client.find(CLIENT_IDS.cli);
  if (!client) throw new Error('no client');
  const grant = new provider.Grant({ accountId: person, clientId: client.clientId });
  grant.addOIDCScope('openid offline_access');
  grant.addResourceScope(`${url}/v1`, '');
  const grantId = await grant.save();
  const common = {
    accountId: person,
    grantId,
    client,
    scope: 'openid offline_access',
    gty: 'authorization_code',
  };
  const refresh = new provider.RefreshToken({ ...common, resource: `${url}/v1`, rotations: 0 } as never);
  const access = new provider.AccessToken({ ...common, scope: '' } as never);
  access.resourceServer = new provider.ResourceServer(`${url}/v1`, {
    scope: '',
    audience: `${url}/v1`,
    accessTokenFormat: 'jwt',
    accessTokenTTL: 900,
    jwt: { sign: { alg: 'ES256' } },
  });
  const refreshToken = await refresh.save();
  const accessToken = await access.save();
  return {
    accessToken,
    refreshToken,
    expiresIn: (decodeJwt(accessToken).exp ?? 0) - Math.floor(Date.now() / 1000),
  };
}

async function browse(
  cookies: Map<string, string>,
  address: string,
  form?: Record<string, string>,
): Promise<{ status: number; body: string; url: string }> {
  let url = address;
  let body = form ? new URLSearchParams(form) : undefined;
  for (let hops = 0; hops < 15; hops += 1) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(body ? { method: 'POST', body } : {}),
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      if (pair.slice(at + 1) === '') cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const location = response.headers.get('location');
    if (location === null || response.status < 300 || response.status >= 400)
      return { status: response.status, body: await response.text(), url };
    await response.arrayBuffer();
    url = new URL(location, url).href;
    body = undefined;
  }
  throw new Error('too many redirects');
}
