import { once } from 'node:events';
import { connect } from 'node:net';
import { type api, DrawbridgeError, ErrorBody, type Operation } from '@drawbridge/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpServer, type Handlers, STREAMED } from './http-server.ts';
import { createRateLimit } from './rate-limit.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, fatal() {}, trace() {}, level: 'silent' };
const logger = { ...silent, child: () => logger } as never;
const signedIn = { authorization: 'Bearer good' };
const wish = { resource: 'orders-db', profile: 'read', duration: 600, reason: 'why' };

let calls: [Operation, unknown][];
let server: ReturnType<typeof createHttpServer>;

beforeEach(() => {
  calls = [];
  const handlers = new Proxy({} as Record<Operation, unknown>, {
    get: (_handlers, operation: keyof typeof api) => async (input: unknown) => {
      calls.push([operation, input]);
      return operation === 'events' || operation === 'getRecording' ? STREAMED : {};
    },
  });
  server = createHttpServer<string>({
    publicUrl: 'http://127.0.0.1',
    version: '0',
    logger,
    tls: undefined,
    clientAddress: (request) => request.socket.remoteAddress,
    async authenticate(authorization) {
      if (authorization !== signedIn.authorization)
        throw new DrawbridgeError('sign_in_required', 'You are not signed in.');
      return 'alice';
    },
    handlers: handlers as unknown as Handlers<string>,
    issuer: (_request, response) => void response.end('issuer'),
    issuerLimit: createRateLimit(3),
    ready: async () => ({ ready: true, checks: {} }),
    metrics: { contentType: 'text/plain', text: async () => 'metrics', requestAnswered() {} },
    metricsToken: 'hunter2',
    raw: [
      {
        path: '/v1/slack/interactions',
        contentType: 'application/x-www-form-urlencoded',
        largestBody: 100,
        limit: createRateLimit(3),
        receive: async (headers, body) => {
          if (headers['x-signed'] !== 'yes') throw new DrawbridgeError('token_invalid', 'who are you?');
          return body.toString() === 'quiet'
            ? { status: 200 }
            : { status: 200, body: { got: body.toString() } };
        },
      },
    ],
  });
});

afterEach(() => server.close());

const post = (payload: string, contentType = 'application/json') =>
  server.inject({
    method: 'POST',
    url: '/v1/requests',
    headers: { ...signedIn, 'content-type': contentType },
    payload,
  });

describe('a body', () => {
  it.each([
    ['that is no JSON', '{"resource":', 'application/json', /not valid JSON/],
    ['that is empty', '', 'application/json', /empty/],
    ['of another kind', JSON.stringify(wish), 'text/plain', /as JSON/],
    ['that is a form', 'resource=orders-db', 'application/x-www-form-urlencoded', /as JSON/],
    ['that reaches for a prototype', '{"__proto__":{"admin":true}}', 'application/json', /not valid JSON/],
    ['with U+0000 in it', JSON.stringify({ ...wish, reason: 'a\0b' }), 'application/json', /U\+0000/],
    [
      'with half a character in it',
      JSON.stringify({ ...wish, reason: '\ud800' }),
      'application/json',
      /half of one/,
    ],
    [
      'with a number beyond all',
      JSON.stringify(wish).replace('600', '1e400'),
      'application/json',
      /duration/,
    ],
  ])('%s is refused in words', async (_name, payload, contentType, words) => {
    const answer = await post(payload, contentType);
    expect(answer.statusCode).toBe(400);
    expect(ErrorBody.parse(answer.json()).error).toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(words),
    });
    expect(calls).toEqual([]);
  });

  it('nested deeper than the stack is refused, and nothing breaks', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect((await post(`{"documents":[{"kind":${deep}}]}`)).statusCode).toBe(400);
    expect((await post(JSON.stringify(wish))).statusCode).toBe(200);
  });
});

describe('an address', () => {
  it.each([
    ['/v1/%zz', 400],
    [`/v1/resources/${'a'.repeat(500)}`, 400],
    ['/v1/resources/__proto__', 400],
    ['/v1/sessions?user=%00', 400],
    ['/v1/grants?limit=1&limit=2', 400],
    ['/v1/nothing', 404],
  ])('%s is refused as every other error is', async (url, status) => {
    const answer = await server.inject({ url, headers: signedIn });
    expect(answer.statusCode).toBe(status);
    ErrorBody.parse(answer.json());
    expect(calls).toEqual([]);
  });

  it('of a stream has no HEAD, which would hold it open to say nothing', async () => {
    const answer = await server.inject({ method: 'HEAD', url: '/v1/events', headers: signedIn });
    expect(answer.statusCode).toBe(404);
    expect(calls).toEqual([]);
  });
});

describe('metrics', () => {
  it('are read with the token alone', async () => {
    const read = async (authorization?: string) =>
      (await server.inject({ url: '/metrics', headers: authorization ? { authorization } : {} })).statusCode;
    expect(await read('Bearer hunter2')).toBe(200);
    expect([await read(), await read('Bearer hunter'), await read('Bearer hunter22')]).toEqual([
      401, 401, 401,
    ]);
  });
});

describe('the issuer', () => {
  it('is called by one address only so often, and says so as OAuth does', async () => {
    await server.listen({ port: 0, host: '127.0.0.1' });
    const { port } = server.server.address() as { port: number };
    const call = () => fetch(`http://127.0.0.1:${port}/oidc/token`, { method: 'POST', body: 'a=b' });
    const answers = [await call(), await call(), await call()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const refused = await call();
    expect(refused.status).toBe(429);
    expect(await refused.json()).toEqual({
      error: 'temporarily_unavailable',
      error_description: expect.stringMatching(/too many calls.*Try again in \d+ s/),
    });
  });
});

it('what is no HTTP at all leaves the server as it was', async () => {
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as { port: number };
  const socket = connect(port, '127.0.0.1', () => socket.write('\x16\x03\x01\x00\xa5\r\n\r\n'));
  socket.resume();
  await once(socket, 'close');
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
});

it('describes itself in OpenAPI, without references that lead nowhere', async () => {
  const document = (await server.inject({ url: '/openapi.json' })).json();
  expect(document).toMatchObject({
    openapi: '3.1.0',
    paths: {
      '/v1/recording-keys': { get: { security: [] } },
      '/v1/sign-out': { post: { requestBody: { required: false } } },
      '/v1/requests': { post: { requestBody: { required: true } } },
    },
  });
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path);
  for (const path of references) {
    let place: unknown = document;
    for (const part of path?.split('/') ?? []) place = (place as Record<string, unknown>)[part];
    expect(place, path).toBeDefined();
  }
});

describe('a route with a form of its own', () => {
  const call = (payload: string, headers: Record<string, string> = {}) =>
    server.inject({
      method: 'POST',
      url: '/v1/slack/interactions',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-signed': 'yes', ...headers },
      payload,
    });

  it('gets its body as it came, byte for byte', async () => {
    expect((await call('payload=%7B%22a%22%3A1%7D&b')).json()).toEqual({
      got: 'payload=%7B%22a%22%3A1%7D&b',
    });
    const quiet = await call('quiet');
    expect([quiet.statusCode, quiet.body]).toEqual([200, '']);
  });

  it('refuses in the same words as everything else', async () => {
    const refused = await call('a', { 'x-signed': 'no' });
    expect([refused.statusCode, ErrorBody.parse(refused.json()).error.code]).toEqual([401, 'token_invalid']);
    expect((await call('{}', { 'content-type': 'application/json' })).statusCode).toBe(400);
  });

  it('takes no more than it should, and not too often', async () => {
    expect((await call('x'.repeat(101))).statusCode).toBe(413);
    const codes: number[] = [];
    for (let count = 0; count < 4; count += 1) codes.push((await call('a')).statusCode);
    expect(codes).toEqual([200, 200, 429, 429]);
  });

  it('is not there for other methods', async () => {
    expect((await server.inject({ method: 'GET', url: '/v1/slack/interactions' })).statusCode).toBe(404);
  });
});

describe('/open', () => {
  const open = (id: string) => server.inject({ method: 'GET', url: `/open/${encodeURIComponent(id)}` });

  it.each([
    ['req_019b8f5e-7c00-7000-8000-000000000001', 'drawbridge://approval/'],
    ['cmd_019b8f5e-7c00-7000-8000-000000000001', 'drawbridge://review/'],
  ])('leads into the app: %s', async (id, place) => {
    const page = await open(id);
    expect(page.headers['content-type']).toMatch(/text\/html/);
    expect(page.headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(page.body).toContain(`href="${place}${id}"`);
  });

  it.each(['ses_019b8f5e-7c00-7000-8000-000000000001', '"><script>alert(1)</script>', 'x'])(
    'leads nowhere with %s',
    async (id) => {
      const page = await open(id);
      expect(page.statusCode).toBe(404);
      expect(page.headers['content-type']).toMatch(/json/);
    },
  );
});
