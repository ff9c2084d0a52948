import { DrawbridgeError } from '@drawbridge/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeGateway, startFakeGateway } from '../test-support/fake-gateway.ts';
import { accessRequest, person } from '../test-support/objects.ts';
import { signInTo, type TemporaryHome, temporaryHome } from '../test-support/temporary-home.ts';
import { AccessTokens } from './access-tokens.ts';
import { ApiClient } from './api-client.ts';

let gateway: FakeGateway;
let home: TemporaryHome;

beforeEach(async () => {
  gateway = await startFakeGateway();
  home = await temporaryHome();
  await signInTo(home, gateway, 'alice');
});

afterEach(async () => {
  await gateway.close();
  await home.remove();
});

const client = (timeout?: number) =>
  new ApiClient({
    gateway: gateway.url,
    tokens: new AccessTokens({ gateway: gateway.url, store: home.store }),
    ...(timeout === undefined ? {} : { timeout }),
  });

test('sends path, query and body, and gives the parsed answer', async () => {
  const asked = accessRequest({ principal: person('alice') });
  gateway.handlers.createRequest = ({ body }) => ({ ...asked, reason: (body as { reason: string }).reason });
  gateway.handlers.listRequests = () => ({ requests: [asked] });
  gateway.handlers.getRequest = ({ params }) => ({ ...asked, id: params.id });
  const api = client();
  const created = await api.call('createRequest', {
    body: { resource: 'orders-db', profile: 'read', duration: 1800, reason: 'why' },
  });
  expect(created).toMatchObject({ reason: 'why', state: 'pending' });
  await api.call('listRequests', { query: { state: 'pending', limit: 5 } });
  expect((await api.call('getRequest', { params: { id: asked.id } })).id).toBe(asked.id);
  expect(gateway.calls[1]?.query).toEqual({ state: 'pending', limit: '5' });
  expect(gateway.calls[0]?.token).toMatch(/^eyJ/);
});

test('a refusal is the gateway’s own error', async () => {
  gateway.handlers.createRequest = () => {
    throw new DrawbridgeError('policy_denied', 'engineering may not write', { policies: ['no-writes'] });
  };
  await expect(
    client().call('createRequest', {
      body: { resource: 'orders-db', profile: 'write', duration: 60, reason: 'x' },
    }),
  ).rejects.toMatchObject({
    name: 'DrawbridgeError',
    code: 'policy_denied',
    message: 'engineering may not write',
    details: { policies: ['no-writes'] },
  });
});

test('an expired token is renewed and the call made again, once', async () => {
  gateway.handlers.listResources = () => ({ resources: [] });
  const stored = await home.store.read(gateway.url);
  gateway.expired.add(stored?.accessToken ?? '');
  expect(await client().call('listResources')).toEqual({ resources: [] });
  expect(gateway.tokenRequests).toEqual(['refresh_token']);

  gateway.handlers.listResources = () => {
    throw new DrawbridgeError('token_expired', 'always');
  };
  await expect(client().call('listResources')).rejects.toMatchObject({ code: 'token_expired' });
  expect(gateway.tokenRequests).toEqual(['refresh_token', 'refresh_token']);
});

test('a sign-in that was ended says how to sign in again', async () => {
  gateway.handlers.me = () => {
    throw new DrawbridgeError('signed_out', 'this sign-in was ended');
  };
  await expect(client().call('me')).rejects.toMatchObject({
    code: 'signed_out',
    details: { hint: `drawbridge login --gateway ${gateway.url}` },
  });
});

test('an answer of another shape is a difference of versions, not a crash', async () => {
  gateway.handlers.listResources = () => ({ resources: [{ name: 'x', protocol: 'teleport' }] });
  await expect(client().call('listResources')).rejects.toMatchObject({ code: 'unexpected_response' });
  gateway.handlers.listResources = ({ response }) =>
    void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>');
  await expect(client().call('listResources')).rejects.toMatchObject({
    code: 'unexpected_response',
    message: expect.stringContaining('502'),
  });
  gateway.handlers.listResources = ({ response }) =>
    void response.writeHead(418).end(JSON.stringify({ error: { code: 'new_code', message: 'x' } }));
  await expect(client().call('listResources')).rejects.toMatchObject({ code: 'unexpected_response' });
});

test('a redirect is not followed: it would carry the token elsewhere', async () => {
  gateway.handlers.listResources = ({ response }) =>
    void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  await expect(client().call('listResources')).rejects.toMatchObject({ code: 'gateway_unreachable' });
});

test('a gateway that is slow, or away, is told apart', async () => {
  gateway.handlers.listResources = () => undefined;
  await expect(client(50).call('listResources')).rejects.toMatchObject({ code: 'gateway_timeout' });
  const api = client();
  await gateway.close();
  await expect(api.call('listResources')).rejects.toMatchObject({ code: 'gateway_unreachable' });
  gateway = await startFakeGateway();
});

test('a caller’s abort is the caller’s own', async () => {
  gateway.handlers.listResources = () => undefined;
  const stop = new AbortController();
  const call = client().call('listResources', {}, { signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(call).rejects.toThrow('enough');
});
