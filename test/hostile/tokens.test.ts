import { decodeJwt, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Answer, knock } from '../support/knock.ts';
import { SignedIn } from '../support/signed-in.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';
import { tokenForge } from '../support/token-forge.ts';

let database: TestDatabase;
let world: TestDemo;
let alice: SignedIn;
let genuine: JWTPayload;
let forge: Awaited<ReturnType<typeof tokenForge>>;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await startTestDemo({ DRAWBRIDGE_STORE_URL: database.url });
  alice = await SignedIn.at(world.demo.url, 'alice');
  await alice.gets('orders-staging');
  genuine = decodeJwt(await alice.tokens.token());
  forge = await tokenForge(database.url, world.demo.data);
});
afterAll(async () => {
  await alice?.leave();
  await world?.stop();
  await database?.drop();
});

const now = () => Math.floor(Date.now() / 1000);

interface Answers {
  readonly api: { readonly status: number; readonly code: string | undefined };
  readonly events: { readonly status: number; readonly code: string | undefined };
  readonly tunnel: { readonly status: number; readonly code: string | undefined };
}

/** What the API, the event stream and the tunnel each say to an Authorization header. */
async function answersTo(authorization: string | undefined): Promise<Answers> {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  const get = async (path: string) => {
    const response = await fetch(`${world.demo.url}${path}`, { headers });
    if (response.ok) {
      await response.body?.cancel();
      return { status: response.status, code: undefined };
    }
    const body = (await response.json()) as { error: { code: string } };
    return { status: response.status, code: body.error.code };
  };
  const opened = (answer: Answer) => {
    if (!('link' in answer)) return { status: answer.status, code: answer.error?.code };
    answer.link.terminate();
    return { status: 101, code: undefined };
  };
  return {
    api: await get('/v1/me'),
    events: await get('/v1/events'),
    tunnel: opened(await knock(world.demo.url, { headers })),
  };
}

const everywhere = (status: number, code: string): Answers => ({
  api: { status, code },
  events: { status, code },
  tunnel: { status, code },
});

describe('a token', () => {
  it('opens API, events and tunnel when it is right in all points', async () => {
    expect(await answersTo(`Bearer ${await forge(genuine)}`)).toEqual({
      api: { status: 200, code: undefined },
      events: { status: 200, code: undefined },
      tunnel: { status: 101, code: undefined },
    });
  });

  it('is needed everywhere', async () => {
    expect(await answersTo(undefined)).toEqual(everywhere(401, 'sign_in_required'));
    expect(await answersTo('Basic YWxpY2U6eA==')).toEqual(everywhere(401, 'token_invalid'));
    expect(await answersTo('Bearer')).toEqual(everywhere(401, 'token_invalid'));
  });

  it('is refused once it has expired', async () => {
    const token = await forge({ ...genuine, iat: now() - 1000, exp: now() - 100 });
    expect(await answersTo(`Bearer ${token}`)).toEqual(everywhere(401, 'token_expired'));
  });

  it.each([
    ['for another audience', { aud: 'https://elsewhere.example/v1' }],
    ['for the issuer itself', { aud: 'the-issuer' }],
    ['of another issuer', { iss: 'https://elsewhere.example/oidc' }],
    ['without an end', { exp: undefined }],
    ['of a sign-in that never was', { sign_in: 'sgn_01900000-0000-7000-8000-000000000000' }],
    ['of another client', { client_id: 'drawbridge-desktop' }],
    ['of another person', { sub: 'usr_01900000-0000-7000-8000-000000000000' }],
  ])('is refused %s', async (_name, wrong) => {
    const claims = { ...genuine, ...wrong };
    if ('aud' in wrong && wrong.aud === 'the-issuer') claims.aud = world.demo.issuer;
    if ('exp' in wrong) delete claims.exp;
    const answers = await answersTo(`Bearer ${await forge(claims as JWTPayload)}`);
    expect([answers.api.status, answers.events.status, answers.tunnel.status]).toEqual([401, 401, 401]);
    expect(answers.tunnel.code).toMatch(/^(token_invalid|signed_out)$/);
  });

  it('is refused when it is of another kind, or another key signed it', async () => {
    expect(await answersTo(`Bearer ${await forge(genuine, 'JWT')}`)).toEqual(
      everywhere(401, 'token_invalid'),
    );
    const { privateKey } = await generateKeyPair('ES256');
    const foreign = await new SignJWT(genuine)
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
      .sign(privateKey);
    expect(await answersTo(`Bearer ${foreign}`)).toEqual(everywhere(401, 'token_invalid'));
    const [, claims] = (await alice.tokens.token()).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
    expect(await answersTo(`Bearer ${none}.${claims}.`)).toEqual(everywhere(401, 'token_invalid'));
  });

  it('is worth nothing after its person signed out, and the open event stream ends', async () => {
    const leaving = await SignedIn.at(world.demo.url, 'alice');
    const authorization = `Bearer ${await leaving.tokens.token()}`;
    const events = await fetch(`${world.demo.url}/v1/events`, { headers: { authorization } });
    await leaving.api.call('signOut', { body: {} });
    expect(await events.text()).toMatch(/^event: hello\n/);
    expect(await answersTo(authorization)).toEqual(everywhere(401, 'signed_out'));
    // Her other sign-in is another one.
    expect((await answersTo(`Bearer ${await alice.tokens.token()}`)).api.status).toBe(200);
  });

  it('never stands in the log', async () => {
    const token = await alice.tokens.token();
    const refresh = token.split('.')[2] ?? token;
    expect(world.log.some((line) => line.includes(refresh))).toBe(false);
  });
});
