import { decodeJwt } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeGateway, startFakeGateway } from '../test-support/fake-gateway.ts';
import { signIn, signInWithDevice } from './sign-in.ts';

let gateway: FakeGateway;

beforeEach(async () => {
  gateway = await startFakeGateway();
});
afterEach(() => gateway.close());

test('signs in through the browser and gets tokens for the API', async () => {
  const shown: { status: number; body: string }[] = [];
  const signedIn = await signIn({
    gateway: `${gateway.url}/`,
    openBrowser: async (url) => shown.push(await gateway.browse(url)),
  });
  expect(signedIn).toMatchObject({ gateway: gateway.url, clientId: 'drawbridge-cli' });
  expect(signedIn.refreshToken).toBeTypeOf('string');
  expect(decodeJwt(signedIn.accessToken)).toMatchObject({ sub: 'alice', aud: `${gateway.url}/v1` });
  expect(shown[0]).toMatchObject({ status: 200 });
  expect(shown[0]?.body).toContain('You can close this window');
});

test('a callback with another state is turned away and does not end the sign-in', async () => {
  const answers: number[] = [];
  const signedIn = await signIn({
    gateway: gateway.url,
    openBrowser: async (url) => {
      const redirect = new URL(url).searchParams.get('redirect_uri') ?? '';
      answers.push((await gateway.browse(`${redirect}?code=stolen&state=other`)).status);
      answers.push((await gateway.browse(`${redirect}?code=stolen`)).status);
      answers.push((await gateway.browse(redirect.replace('/callback', '/'))).status);
      await gateway.browse(url);
    },
  });
  expect(answers).toEqual([400, 400, 404]);
  expect(signedIn.accessToken).toMatch(/^eyJ/);
});

test('asks with PKCE on a loopback redirect', async () => {
  let asked = new URL('http://none');
  const stop = new AbortController();
  const attempt = signIn({
    gateway: gateway.url,
    signal: stop.signal,
    openBrowser: (url) => {
      asked = new URL(url);
      stop.abort();
    },
  });
  await expect(attempt).rejects.toMatchObject({ code: 'sign_in_cancelled' });
  expect(asked.searchParams.get('code_challenge_method')).toBe('S256');
  expect(asked.searchParams.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
  // The listener is gone.
  await expect(fetch(asked.searchParams.get('redirect_uri') ?? '')).rejects.toThrow();
});

test('says that the sign-in was refused in the browser', async () => {
  gateway.person = 'nobody';
  await expect(
    signIn({ gateway: gateway.url, openBrowser: (url) => gateway.browse(url) }),
  ).rejects.toMatchObject({ code: 'sign_in_failed' });
});

test('gives up when nobody signs in', async () => {
  await expect(
    signIn({ gateway: gateway.url, timeout: 20, openBrowser: () => undefined }),
  ).rejects.toMatchObject({ code: 'sign_in_timeout' });
});

test('tells a gateway that is away from one that is none', async () => {
  await expect(signIn({ gateway: 'http://127.0.0.1:1', openBrowser: () => undefined })).rejects.toMatchObject(
    { code: 'gateway_unreachable' },
  );
  await expect(
    signIn({ gateway: `${gateway.url}/elsewhere`, openBrowser: () => undefined }),
  ).rejects.toMatchObject({ code: 'sign_in_failed' });
});

test('refuses plain http to another machine before anything is sent', async () => {
  await expect(
    signIn({ gateway: 'http://gateway.example.com', openBrowser: () => undefined }),
  ).rejects.toMatchObject({ code: 'invalid_gateway_url' });
});

test('signs in on another device', { timeout: 20_000 }, async () => {
  const signedIn = await signInWithDevice({
    gateway: gateway.url,
    onCode: (code) => void confirmDevice(code.verificationUriComplete ?? ''),
  });
  expect(decodeJwt(signedIn.accessToken)).toMatchObject({ sub: 'alice', aud: `${gateway.url}/v1` });
  expect(gateway.tokenRequests).toContain('urn:ietf:params:oauth:grant-type:device_code');
});

/** What a person does on the other device: opens the link, confirms the code, signs in. */
async function confirmDevice(address: string): Promise<void> {
  const field = (page: string, name: string) =>
    new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? '';
  const device = `${gateway.url}/oidc/device`;
  const first = await gateway.browse(address);
  const second = await gateway.browse(device, {
    xsrf: field(first.body, 'xsrf'),
    user_code: field(first.body, 'user_code'),
  });
  await gateway.browse(device, {
    xsrf: field(second.body, 'xsrf'),
    user_code: field(second.body, 'user_code'),
    confirm: 'yes',
  });
}
