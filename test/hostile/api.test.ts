import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SignedIn } from '../support/signed-in.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';

const RESOURCE = 'orders-staging';
let world: TestDemo;
let alice: SignedIn;

beforeAll(async () => {
  world = await startTestDemo();
  alice = await SignedIn.at(world.demo.url, 'alice');
  await alice.gets(RESOURCE);
});
afterAll(async () => {
  expect((await fetch(`${world.demo.url}/readyz`)).status).toBe(200);
  await world?.stop();
});

describe('the API', () => {
  const send = (
    path: string,
    body: string | undefined,
    headers: Record<string, string> = {},
    method = 'POST',
  ) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const { hostname, port } = new URL(world.demo.url);
      // Not fetch: it would put the path in order before it is sent.
      const asking = request({ hostname, port, path, method, headers }, (response) => {
        text(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), reject);
      });
      asking.on('error', reject);
      asking.end(body);
    });
  const signedIn = async () => ({
    authorization: `Bearer ${await alice.tokens.token()}`,
    'content-type': 'application/json',
  });

  it('takes no body of an absurd size, signed in or not', async () => {
    const large = JSON.stringify({ resource: RESOURCE, reason: 'x'.repeat(3 * 1024 * 1024) });
    for (const headers of [await signedIn(), { 'content-type': 'application/json' }]) {
      const outcome = await send('/v1/requests', large, {
        ...headers,
        'content-length': String(large.length),
      });
      expect(outcome.status).toBe(413);
      expect(JSON.parse(outcome.body)).toMatchObject({ error: { code: 'payload_too_large' } });
    }
    // The issuer says it in OAuth's words (RFC 6749 section 5.2).
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const outcome = await send('/oidc/token', `grant_type=${'x'.repeat(3 * 1024 * 1024)}`, form);
    expect(outcome).toMatchObject({ status: 400, body: expect.stringContaining('invalid_request') });
  });

  it.each([
    ['no JSON', 'resource=orders-staging', 400],
    ['half of it', '{"resource":"orders-staging"', 400],
    ['a prototype', '{"__proto__":{"resource":"orders-staging"},"resource":"orders-db"}', 400],
    [
      'unknown fields',
      '{"resource":"orders-staging","profile":"read","duration":600,"reason":"x","state":"approved"}',
      400,
    ],
    ['a negative time', '{"resource":"orders-staging","profile":"write","duration":-600,"reason":"x"}', 400],
    ['a deep nest', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400],
  ])('refuses %s as a request', async (_name, body, status) => {
    const outcome = await send('/v1/requests', body, await signedIn());
    expect(outcome.status).toBe(status);
    expect(JSON.parse(outcome.body)).toMatchObject({ error: { code: 'invalid_request' } });
  });

  it.each([
    '/v1/sessions/..%2f..%2fmaster.key/recording',
    '/v1/sessions/ses_..%2f..%2f..%2fmaster.key/recording',
    '/v1/../../../../etc/passwd',
    '/..%5c..%5cetc/passwd',
    '/v1/resources/..%2fme',
    '/v1/resources/%00',
    '/v1/resources/%ff',
    '/v1/requests/req_0/../../me',
    '//evil.example/v1/me',
    '/openapi.json/../v1/documents',
    '/v1/me;x=/../../healthz',
  ])('knows nothing at %s', async (path) => {
    const outcome = await send(path, undefined, await signedIn(), 'GET');
    expect(outcome.status).toBeGreaterThanOrEqual(400);
    expect(outcome.status).toBeLessThan(500);
    expect(outcome.body).not.toMatch(/root:|alice@|BEGIN/);
  });

  it('lets no web page read its answers, and knows no other methods', async () => {
    const preflight = await fetch(`${world.demo.url}/v1/me`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
    for (const method of ['PUT', 'PATCH', 'TRACE'])
      expect((await send('/v1/requests', undefined, await signedIn(), method)).status).toBeOneOf([400, 404]);
    const override = { ...(await signedIn()), 'x-http-method-override': 'DELETE' };
    expect((await send('/v1/documents/Resource/orders-db', '{}', override)).status).toBe(404);
  });
});
