import { CLIENT_IDS } from '@drawbridge/contract';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { refreshTokenGrant } from 'openid-client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { driveSignIn } from '../../../demo/drive-sign-in.ts';
import { startIdentityProvider } from '../../../demo/identity-provider/identity-provider.ts';
import {
  discoverGateway,
  signInAs,
  startTestIdentity,
  type TestIdentity,
} from '../../../test/support/identity.ts';

const bearer = (token: string) => `Bearer ${token}`;

describe('signing in with a browser', () => {
  let gateway: TestIdentity;
  beforeAll(async () => {
    gateway = await startTestIdentity();
  });
  afterAll(() => gateway.close());

  it('ends with a caller as the provider describes them', async () => {
    const tokens = await signInAs(gateway.url, 'carol');
    const caller = await gateway.identity.authenticate(bearer(tokens.access_token));
    expect(caller).toMatchObject({
      clientId: CLIENT_IDS.cli,
      amr: ['demo'],
      user: {
        kind: 'user',
        provider: 'demo',
        subject: 'carol',
        name: 'carol',
        displayName: 'Carol Lindqvist',
        email: 'carol@shop.example',
        groups: ['auditor', 'security'],
      },
    });
  });

  it('takes a person without a groups claim as one of no groups', async () => {
    const tokens = await signInAs(gateway.url, 'dan');
    expect((await gateway.identity.authenticate(bearer(tokens.access_token))).user.groups).toEqual([]);
  });

  it('issues an access token for the API alone that lasts 15 minutes, and an ID token with the name', async () => {
    const tokens = await signInAs(gateway.url, 'alice', { clientId: CLIENT_IDS.desktop });
    const claims = decodeJwt(tokens.access_token);
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    expect(claims).toMatchObject({
      iss: `${gateway.url}/oidc`,
      aud: `${gateway.url}/v1`,
      client_id: CLIENT_IDS.desktop,
      sub: expect.stringMatching(/^usr_/),
      sign_in: expect.stringMatching(/^sgn_/),
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(15 * 60);
    expect(tokens.claims()).toMatchObject({ name: 'Alice Moreau', preferred_username: 'alice' });
  });

  it('needs no resource parameter to get a token for the API', async () => {
    const tokens = await signInAs(gateway.url, 'alice', {
      parameters: { resource: undefined, prompt: undefined },
    });
    await expect(gateway.identity.authenticate(bearer(tokens.access_token))).resolves.toBeDefined();
    expect(tokens.refresh_token).toBeDefined();
  });

  it('knows a person again, with the groups they have now, at each of their sign-ins', async () => {
    const first = await signInAs(gateway.url, 'bob');
    const before = await gateway.identity.authenticate(bearer(first.access_token));
    const index = gateway.people.findIndex(({ id }) => id === 'bob');
    const bob = gateway.people[index];
    if (!bob) throw new Error('no Bob');
    gateway.people[index] = { ...bob, groups: ['retired'] };
    await signInAs(gateway.url, 'bob');
    const after = await gateway.identity.authenticate(bearer(first.access_token));
    gateway.people[index] = bob;
    expect(after.user.id).toBe(before.user.id);
    expect(before.user.groups).toEqual(['dba']);
    expect(after.user.groups).toEqual(['retired']);
  });

  it('says nothing on the console, and no token in the log', async () => {
    const spies = [vi.spyOn(console, 'info'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')];
    const tokens = await signInAs(gateway.url, 'alice');
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
    expect(gateway.log()).toContain('signed in');
    for (const secret of [tokens.access_token, tokens.refresh_token ?? '-', gateway.upstream.clientSecret]) {
      expect(gateway.log()).not.toContain(secret);
    }
  });

  it.each([
    ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }],
    ['with PKCE in plain text', { code_challenge_method: 'plain' }],
    ['for another resource', { resource: 'https://elsewhere.example/api' }],
    ['for a token in the redirect', { response_type: 'id_token', nonce: 'n' }],
    ['without asking the person', { prompt: 'none' }],
  ])('is refused %s', async (_, parameters) => {
    await expect(signInAs(gateway.url, 'alice', { parameters })).rejects.toThrow();
  });

  it.each([
    'https://evil.example/callback',
    'http://127.0.0.1:4000/elsewhere',
    'http://localhost:4000/callback',
    'http://127.0.0.1.evil.example/callback',
    'http://127.0.0.1@evil.example/callback',
  ])('never redirects to %s', async (redirectUri) => {
    const response = await fetch(authorizationUrl(gateway.url, { redirect_uri: redirectUri }), {
      redirect: 'manual',
      headers: { accept: 'text/html' },
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
    expect(await response.text()).toContain('The sign-in was refused');
  });

  it('never registers a client or shows a sign-in of its own', async () => {
    const metadata = (await discoverGateway(gateway.url)).serverMetadata();
    expect(metadata).not.toHaveProperty('registration_endpoint');
    expect(metadata).not.toHaveProperty('userinfo_endpoint');
    expect(metadata).not.toHaveProperty('end_session_endpoint');
    expect((await fetch(`${gateway.url}/oidc/reg`, { method: 'POST' })).status).toBe(404);
  });

  it('makes its addresses from the public URL, whatever the request claims', async () => {
    const response = await fetch(authorizationUrl(gateway.url, {}), {
      redirect: 'manual',
      headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    });
    const cookies = response.headers.getSetCookie().join('\n');
    expect(response.headers.get('location')).toMatch(/^\/oidc\/interaction\//);
    expect(cookies).toMatch(/httponly/i);
    expect(cookies).toMatch(/samesite=lax/i);
    expect(cookies).not.toMatch(/secure/i);
    const metadata = await fetch(`${gateway.url}/oidc/.well-known/openid-configuration`, {
      headers: { 'x-forwarded-host': 'evil.example' },
    });
    expect(await metadata.text()).not.toContain('evil.example');
  });

  it('shows pages that load and run nothing', async () => {
    const response = await fetch(`${gateway.url}/oidc/device`, { headers: { accept: 'text/html' } });
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(policy).not.toContain('script-src');
    expect(await response.text()).not.toMatch(/<script|onclick|onfocus/);
  });
});

describe('behind https', () => {
  it('keeps cookies to https, and names the public address', async () => {
    const gateway = await startTestIdentity({ publicUrl: 'https://drawbridge.example/gate/' });
    try {
      const response = await fetch(authorizationUrl(gateway.url, {}), { redirect: 'manual' });
      expect(response.headers.get('location')).toMatch(/^\/gate\/oidc\/interaction\//);
      const cookies = response.headers.getSetCookie();
      expect(cookies.length).toBeGreaterThan(0);
      for (const cookie of cookies) expect(cookie).toMatch(/path=\/gate\/oidc\/.*; secure; httponly/i);
      const metadata = await fetch(`${gateway.url}/oidc/.well-known/openid-configuration`);
      expect(await metadata.json()).toMatchObject({
        issuer: 'https://drawbridge.example/gate/oidc',
        token_endpoint: 'https://drawbridge.example/gate/oidc/token',
      });
    } finally {
      await gateway.close();
    }
  });
});

describe('the way back from the provider', () => {
  let gateway: TestIdentity;
  beforeAll(async () => {
    gateway = await startTestIdentity();
  });
  afterAll(() => gateway.close());

  it('is refused with a state that was not given out', async () => {
    const response = await fetch(`${gateway.url}/oidc/upstream/callback?code=x&state=made-up`, {
      redirect: 'manual',
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('not started in this browser');
  });

  it('is refused in another browser than the one that began, which then leads nowhere for either', async () => {
    // An attacker begins, keeps the cookies, and has the victim sign in at the provider by a link.
    const attacker = await beginAtUpstream(gateway.url);
    await expect(driveSignIn(attacker.upstreamUrl, 'alice')).rejects.toThrow('not started in this browser');
    const open = await gateway.db.selectFrom('sign_ins').selectAll().execute();
    expect(open).toEqual([]);
  });

  it('is refused with the state of another sign-in', async () => {
    const [mine, other] = [await beginAtUpstream(gateway.url), await beginAtUpstream(gateway.url)];
    const state = new URL(other.upstreamUrl).searchParams.get('state');
    const response = await fetch(`${gateway.url}${mine.interaction}/finish?code=x&state=${state}`, {
      redirect: 'manual',
      headers: { cookie: mine.cookies },
    });
    expect(response.status).toBe(400);
  });

  it('works once', async () => {
    const mine = await beginAtUpstream(gateway.url);
    const state = new URL(mine.upstreamUrl).searchParams.get('state');
    const finish = () =>
      fetch(
        `${gateway.url}${mine.interaction}/finish?error=server_error&state=${state}&iss=${encodeURIComponent(gateway.upstream.issuer)}`,
        { redirect: 'manual', headers: { cookie: mine.cookies } },
      );
    expect((await finish()).status).toBe(303);
    expect((await finish()).status).toBe(400);
  });

  it('brings a refusal of the provider to the client', async () => {
    const refused = signInAs(gateway.url, 'alice', { open: (url) => driveSignIn(url, 'nobody', 'cancel') });
    await expect(refused).rejects.toMatchObject({
      error: 'access_denied',
      error_description: expect.stringContaining('demo did not sign you in'),
    });
  });
});

describe('without the provider', () => {
  let gateway: TestIdentity;
  afterEach(() => gateway.close());

  it('who is signed in stays so', async () => {
    gateway = await startTestIdentity();
    const tokens = await signInAs(gateway.url, 'alice');
    await gateway.upstream.close();
    await expect(gateway.identity.authenticate(bearer(tokens.access_token))).resolves.toBeDefined();
    const issuer = await discoverGateway(gateway.url);
    await expect(refreshTokenGrant(issuer, tokens.refresh_token ?? '')).resolves.toBeDefined();
  });

  it('a page says that nobody can sign in, until the provider is back', async () => {
    gateway = await startTestIdentity();
    await gateway.upstream.close();
    const { cookies, interaction } = await begin(gateway.url);
    const open = () =>
      fetch(`${gateway.url}${interaction}`, { redirect: 'manual', headers: { cookie: cookies } });
    const page = await open();
    expect(page.status).toBe(503);
    expect(await page.text()).toMatch(/demo can&#39;t be reached[\s\S]*Try again/);
    const restarted = await startIdentityProvider({ port: Number(new URL(gateway.upstream.issuer).port) });
    try {
      expect((await open()).headers.get('location')).toContain(`${gateway.upstream.issuer}/auth?`);
    } finally {
      await restarted.close();
    }
  });

  it('an answer that can not be checked signs nobody in', async () => {
    gateway = await startTestIdentity();
    const mine = await beginAtUpstream(gateway.url);
    await gateway.upstream.close();
    const answer = new URLSearchParams({
      code: 'x',
      state: new URL(mine.upstreamUrl).searchParams.get('state') ?? '',
      iss: gateway.upstream.issuer,
    });
    const page = await fetch(`${gateway.url}${mine.interaction}/finish?${answer}`, {
      redirect: 'manual',
      headers: { cookie: mine.cookies },
    });
    expect(page.status).toBe(503);
    expect(await gateway.db.selectFrom('sign_ins').selectAll().execute()).toEqual([]);
  });

  it('refuses groups that are not a list', async () => {
    gateway = await startTestIdentity({ settings: { groupsClaim: 'email' } });
    await expect(signInAs(gateway.url, 'alice')).rejects.toMatchObject({
      error: 'access_denied',
      error_description: expect.stringContaining("claim 'email' is not a list"),
    });
    expect(await gateway.db.selectFrom('users').selectAll().execute()).toEqual([]);
  });

  it('refuses a provider that does not accept the gateway', async () => {
    gateway = await startTestIdentity({ settings: { clientSecret: 'wrong' } });
    await expect(signInAs(gateway.url, 'alice')).rejects.toMatchObject({ error: 'access_denied' });
    expect(gateway.log()).toContain('invalid_client');
  });
});

function authorizationUrl(url: string, parameters: Record<string, string>): string {
  const query = new URLSearchParams({
    client_id: CLIENT_IDS.cli,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: 'http://127.0.0.1:4000/callback',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...parameters,
  });
  return `${url}/oidc/auth?${query}`;
}

/** Begins a sign-in: the interaction's path and the browser's cookies. */
async function begin(url: string) {
  const response = await fetch(authorizationUrl(url, {}), { redirect: 'manual' });
  const cookies = response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  return { cookies, interaction: response.headers.get('location') ?? '' };
}

async function beginAtUpstream(url: string) {
  const begun = await begin(url);
  const response = await fetch(`${url}${begun.interaction}`, {
    redirect: 'manual',
    headers: { cookie: begun.cookies },
  });
  return { ...begun, upstreamUrl: response.headers.get('location') ?? '' };
}
