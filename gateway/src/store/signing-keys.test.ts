import { randomBytes, sign, verify } from 'node:crypto';
import { exportJWK, importJWK, jwtVerify, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type OpenDatabase, openDatabase } from './database.ts';
import { Keyring } from './keyring.ts';
import { SigningKeys } from './signing-keys.ts';

const master = randomBytes(32);
const keyring = new Keyring([master]);
let database: TestDatabase;
let store: OpenDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  store = await openDatabase(database.url);
});
afterEach(async () => {
  await store.close();
  await database.drop();
});

describe('SigningKeys', () => {
  it('makes each key once, also when several gateways start together', async () => {
    const gateways = Array.from({ length: 4 }, () => new SigningKeys(store.db, keyring));
    const recording = await Promise.all(gateways.map((keys) => keys.recording()));
    expect(new Set(recording.map((key) => key.kid)).size).toBe(1);
    const oidc = await Promise.all(gateways.map((keys) => keys.oidcKeys()));
    expect(oidc[0]?.map((key) => key.alg)).toEqual(['ES256', 'RS256']);
    for (const keys of oidc) expect(keys).toEqual(oidc[0]);
    const cookies = await Promise.all(gateways.map((keys) => keys.cookieKeys()));
    expect(cookies[0]).toHaveLength(1);
    for (const keys of cookies) expect(keys).toEqual(cookies[0]);
  });

  it('signs recordings with a key whose public half everybody may have', async () => {
    const keys = new SigningKeys(store.db, keyring);
    const { privateKey, publicKey, kid, jwk } = await keys.recording();
    const text = Buffer.from('head');
    expect(verify(null, text, publicKey, sign(null, text, privateKey))).toBe(true);
    expect(await keys.recordingPublicKeys()).toEqual([jwk]);
    expect(jwk).toEqual({ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' });
  });

  it('makes keys that jose signs and verifies with', async () => {
    for (const jwk of await new SigningKeys(store.db, keyring).oidcKeys()) {
      const header = { alg: String(jwk.alg), kid: String(jwk.kid) };
      const token = await new SignJWT({ a: 1 }).setProtectedHeader(header).sign(await importJWK(jwk));
      const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...publicJwk } = jwk;
      expect((await jwtVerify(token, await importJWK(publicJwk))).payload).toEqual({ a: 1 });
    }
  });

  it('keeps private parts sealed: another master key opens nothing, and no row shows them', async () => {
    const keys = await new SigningKeys(store.db, keyring).oidcKeys();
    await expect(new SigningKeys(store.db, new Keyring([randomBytes(32)])).oidcKeys()).rejects.toMatchObject({
      code: 'unknown_key',
    });
    const rows = JSON.stringify(await store.db.selectFrom('signing_keys').selectAll().execute());
    for (const key of keys) expect(rows).not.toContain(key.d);
  });

  it('goes on with a new master key once everything is sealed again', async () => {
    const before = await new SigningKeys(store.db, keyring).recording();
    const fresh = randomBytes(32);
    const rotating = new SigningKeys(store.db, new Keyring([fresh, master]));
    expect(await rotating.rewrap()).toBe(1);
    expect(await rotating.rewrap()).toBe(0);
    const after = await new SigningKeys(store.db, new Keyring([fresh])).recording();
    expect(after.kid).toBe(before.kid);
  });

  it('lets a retired key verify and a new one sign', async () => {
    const keys = new SigningKeys(store.db, keyring);
    const old = await keys.recording();
    const [oldOidc] = await keys.oidcKeys();
    await store.db.updateTable('signing_keys').set({ retired_at: new Date() }).execute();
    expect((await keys.recording()).kid).not.toBe(old.kid);
    expect((await keys.recordingPublicKeys()).map((key) => key.kid)).toContain(old.kid);
    const now = await keys.oidcKeys();
    expect(now).toHaveLength(4);
    expect(now[0]?.kid).not.toBe(oldOidc?.kid);
    expect(now.slice(2).map((key) => key.kid)).toContain(oldOidc?.kid);
  });
});
