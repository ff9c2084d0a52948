import { DrawbridgeError } from '@drawbridge/contract';
import { decodeJwt, importJWK, type JWTPayload, SignJWT } from 'jose';
import { refreshTokenGrant, tokenRevocation } from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  discoverGateway,
  newSigningKey,
  signInAs,
  startTestIdentity,
  type TestIdentity,
} from '../../../test/support/identity.ts';

let gateway: TestIdentity;
beforeAll(async () => {
  gateway = await startTestIdentity();
});
afterAll(() => gateway.close());

const authenticate = (token: string) => gateway.identity.authenticate(`Bearer ${token}`);
const codeOf = async (promise: Promise<unknown>) => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  return error instanceof DrawbridgeError ? error.code : error;
};
async function refresh(token: string | undefined) {
  return refreshTokenGrant(await discoverGateway(gateway.url), token ?? '');
}

describe('an access token', () => {
  let token: string;
  let claims: JWTPayload;
  beforeAll(async () => {
    ({ access_token: token } = await signInAs(gateway.url, 'alice'));
    claims = decodeJwt(token);
  });

  async function forged(
    changes: Readonly<Record<string, unknown>>,
    { typ = 'at+jwt', key = gateway.signingKey, alg = 'ES256' } = {},
  ) {
    return new SignJWT({ ...claims, ...changes })
      .setProtectedHeader({ typ, alg, kid: key.kid ?? '' })
      .sign(await importJWK(key, alg));
  }

  it('is good as it was issued', async () => {
    await expect(authenticate(await forged({}))).resolves.toBeDefined();
  });

  it.each([undefined, '', '  '])('is asked for where there is none (%j)', async (header) => {
    expect(await codeOf(gateway.identity.authenticate(header))).toBe('sign_in_required');
  });

  it.each(['Basic YWxpY2U6cHc=', 'Bearer', 'Bearer x', 'Bearer a.b.c', 'Bearer a b', 'DPoP abc'])(
    'is refused as %s',
    async (header) => {
      expect(await codeOf(gateway.identity.authenticate(header))).toBe('token_invalid');
    },
  );

  it.each([
    ['another audience', { aud: 'https://elsewhere.example/v1' }],
    ['another issuer', { iss: 'https://elsewhere.example/oidc' }],
    ['another subject than its sign-in', { sub: 'usr_01900000-0000-7000-8000-000000000000' }],
    ['another client than its sign-in', { client_id: 'drawbridge-desktop' }],
    ['no sign-in', { sign_in: undefined }],
    ['a sign-in that is no id', { sign_in: "' or true" }],
    ['no expiry', { exp: undefined }],
  ])('is refused with %s', async (_, changes) => {
    expect(await codeOf(authenticate(await forged(changes)))).toBe('token_invalid');
  });

  it('is refused with a sign-in that never was', async () => {
    expect(
      await codeOf(authenticate(await forged({ sign_in: 'sgn_01900000-0000-7000-8000-000000000000' }))),
    ).toBe('signed_out');
  });

  it('is refused of another kind, with another key, or with none', async () => {
    const foreign = await newSigningKey();
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${token.split('.')[1]}.`;
    expect(await codeOf(authenticate(await forged({}, { typ: 'JWT' })))).toBe('token_invalid');
    expect(await codeOf(authenticate(await forged({}, { key: foreign })))).toBe('token_invalid');
    expect(await codeOf(authenticate(unsigned))).toBe('token_invalid');
  });

  it('is refused where a single byte of it differs', async () => {
    const at = token.lastIndexOf('.') + 5;
    const other = token[at] === 'A' ? 'B' : 'A';
    expect(await codeOf(authenticate(token.slice(0, at) + other + token.slice(at + 1)))).toBe(
      'token_invalid',
    );
  });

  it('expires', async () => {
    gateway.advance(15 * 60_000 + 1000);
    expect(await codeOf(authenticate(token))).toBe('token_expired');
    gateway.advance(-15 * 60_000 - 1000);
    await expect(authenticate(token)).resolves.toBeDefined();
  });

  it('is not what an ID token is', async () => {
    const { id_token } = await signInAs(gateway.url, 'alice');
    expect(await codeOf(authenticate(id_token ?? ''))).toBe('token_invalid');
  });
});

describe('a refresh token', () => {
  it('gives new tokens of the same sign-in', async () => {
    const first = await signInAs(gateway.url, 'bob');
    const second = await refresh(first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    const [a, b] = await Promise.all([authenticate(first.access_token), authenticate(second.access_token)]);
    expect(b.signInId).toBe(a.signInId);
    await expect(refresh(second.refresh_token)).resolves.toBeDefined();
  });

  it('used twice takes the whole sign-in down, and only that', async () => {
    const bystander = await signInAs(gateway.url, 'bob');
    const first = await signInAs(gateway.url, 'bob');
    const { signInId } = await authenticate(first.access_token);
    const second = await refresh(first.refresh_token);
    await expect(refresh(first.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(refresh(second.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await codeOf(authenticate(second.access_token))).toBe('signed_out');
    expect(gateway.ended).toContain(signInId);
    await expect(authenticate(bystander.access_token)).resolves.toBeDefined();
    await expect(refresh(bystander.refresh_token)).resolves.toBeDefined();
  });

  it('used twice at the same time counts as twice', async () => {
    const { refresh_token } = await signInAs(gateway.url, 'bob');
    const answers = await Promise.allSettled(Array.from({ length: 6 }, () => refresh(refresh_token)));
    const won = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    expect(won.length).toBeLessThanOrEqual(1);
    for (const { access_token, refresh_token: next } of won) {
      expect(await codeOf(authenticate(access_token))).toBe('signed_out');
      await expect(refresh(next)).rejects.toMatchObject({ error: 'invalid_grant' });
    }
  });

  it('is of use to nobody who reads the store', async () => {
    const { refresh_token = '-' } = await signInAs(gateway.url, 'bob');
    const rows = await gateway.db.selectFrom('oidc_payloads').selectAll().execute();
    expect(rows.filter((row) => row.model === 'RefreshToken').length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(refresh_token);
  });

  it('is refused at another client', async () => {
    const { refresh_token } = await signInAs(gateway.url, 'bob');
    const desktop = await discoverGateway(gateway.url, 'drawbridge-desktop');
    await expect(refreshTokenGrant(desktop, refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('is refused for another resource', async () => {
    const { refresh_token } = await signInAs(gateway.url, 'bob');
    const issuer = await discoverGateway(gateway.url);
    await expect(
      refreshTokenGrant(issuer, refresh_token ?? '', { resource: 'https://elsewhere.example' }),
    ).rejects.toMatchObject({ error: 'invalid_target' });
  });

  it('lives for the idle time, and never beyond the longest life of the sign-in', async () => {
    const { access_token, refresh_token } = await signInAs(gateway.url, 'bob');
    const { signInId } = await authenticate(access_token);
    await refresh(refresh_token);
    const tokens = await gateway.db
      .selectFrom('oidc_payloads')
      .innerJoin('sign_ins', 'sign_ins.oidc_grant_id', 'oidc_payloads.grant_id')
      .select(['oidc_payloads.expires_at', 'sign_ins.expires_at as end'])
      .where('sign_ins.id', '=', signInId)
      .where('model', '=', 'RefreshToken')
      .execute();
    expect(tokens).toHaveLength(2);
    for (const { expires_at, end } of tokens) {
      expect(((expires_at?.getTime() ?? 0) - Date.now()) / 3600_000).toBeCloseTo(12, 1);
      expect((end.getTime() - Date.now()) / 86_400_000).toBeCloseTo(7, 1);
    }
  });
});

describe('an authorization code', () => {
  it('redeemed twice takes the sign-in down', async () => {
    let redeemed: { readonly url: URL; readonly body: string } | undefined;
    const tokens = await signInAs(gateway.url, 'alice', {
      onRedeem: (request) => {
        redeemed = request;
      },
    });
    await expect(authenticate(tokens.access_token)).resolves.toBeDefined();
    if (!redeemed) throw new Error('nothing was redeemed');
    const again = await fetch(redeemed.url, {
      method: 'POST',
      body: redeemed.body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(await again.json()).toMatchObject({ error: 'invalid_grant' });
    expect(await codeOf(authenticate(tokens.access_token))).toBe('signed_out');
  });
});

describe('signing out', () => {
  it('ends this sign-in: its access token, its refresh token, and nothing else', async () => {
    const [one, other] = [await signInAs(gateway.url, 'alice'), await signInAs(gateway.url, 'alice')];
    const caller = await authenticate(one.access_token);
    expect(await gateway.identity.signOut(caller, false)).toEqual([caller.signInId]);
    expect(gateway.ended.filter((id) => id === caller.signInId)).toHaveLength(1);
    expect(await codeOf(authenticate(one.access_token))).toBe('signed_out');
    await expect(refresh(one.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(authenticate(other.access_token)).resolves.toBeDefined();
    expect(await gateway.identity.signOut(caller, false)).toEqual([]);
  });

  it('ends all sign-ins of the person everywhere, and nobody else’s', async () => {
    const erin = [await signInAs(gateway.url, 'erin'), await signInAs(gateway.url, 'erin')] as const;
    const carol = await signInAs(gateway.url, 'carol');
    const callers = await Promise.all(erin.map(({ access_token }) => authenticate(access_token)));
    const ended = await gateway.identity.signOut(await authenticate(erin[0].access_token), true);
    expect(ended.toSorted()).toEqual(callers.map(({ signInId }) => signInId).toSorted());
    for (const { access_token } of erin) expect(await codeOf(authenticate(access_token))).toBe('signed_out');
    await expect(authenticate(carol.access_token)).resolves.toBeDefined();
  });

  it('is what revoking the refresh token does', async () => {
    const tokens = await signInAs(gateway.url, 'alice');
    const { signInId } = await authenticate(tokens.access_token);
    await tokenRevocation(await discoverGateway(gateway.url), tokens.refresh_token ?? '');
    expect(await codeOf(authenticate(tokens.access_token))).toBe('signed_out');
    expect(gateway.ended).toContain(signInId);
  });
});

describe('the audit log', () => {
  const eventsOf = async (subject: string) =>
    (
      await gateway.db
        .selectFrom('audit_events')
        .select(['action', 'actor', 'address', 'details'])
        .where('subject', '=', subject)
        .orderBy('id')
        .execute()
    ).map(({ action, actor, address, details }) => [action, actor?.name ?? 'gateway', address, details.code]);

  it('says who signed in and out, and from where', async () => {
    const { user, signInId } = await authenticate((await signInAs(gateway.url, 'bob')).access_token);
    await gateway.identity.signOut({ user, signInId }, false, '192.0.2.7');
    expect(await eventsOf(signInId)).toEqual([
      ['signin.started', 'bob', expect.stringContaining('127.0.0.1'), undefined],
      ['signin.ended', 'bob', '192.0.2.7', 'signed_out'],
    ]);
  });

  it('says of a sign-in that the gateway ended why it did', async () => {
    const tokens = await signInAs(gateway.url, 'bob');
    const { signInId } = await authenticate(tokens.access_token);
    await tokenRevocation(await discoverGateway(gateway.url), tokens.refresh_token ?? '');
    expect((await eventsOf(signInId)).at(-1)).toEqual(['signin.ended', 'gateway', null, 'revoked']);
  });
});

describe('cleaning up', () => {
  it('keeps what can be refreshed, closes what can not, and removes what has expired', async () => {
    const { access_token } = await signInAs(gateway.url, 'alice');
    const { signInId } = await authenticate(access_token);
    const state = () =>
      gateway.db.selectFrom('sign_ins').select('end_reason').where('id', '=', signInId).executeTakeFirst();
    gateway.advance(3600_000);
    await gateway.identity.cleanUp();
    expect(await state()).toEqual({ end_reason: null });
    gateway.advance(12 * 3600_000);
    await gateway.identity.cleanUp();
    expect(await state()).toEqual({ end_reason: 'lapsed' });
    gateway.advance(8 * 86_400_000);
    await gateway.identity.cleanUp();
    expect(await gateway.db.selectFrom('oidc_payloads').selectAll().execute()).toEqual([]);
    expect(gateway.ended).not.toContain(signInId);
  });
});
