import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Keyring } from './keyring.ts';
import { loadKeyring } from './load-keyring.ts';

describe('Keyring', () => {
  const keyring = new Keyring([randomBytes(32)]);

  it('opens what it sealed, as text without blanks, never the same twice', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), (plain, context) => {
        const sealed = keyring.seal(plain, context);
        expect(sealed).toMatch(/^v1\.[0-9a-f]{16}\.[\w-]+$/);
        expect(keyring.seal(plain, context)).not.toBe(sealed);
        expect(new Uint8Array(keyring.open(sealed, context))).toEqual(plain);
      }),
    );
  });

  it('refuses a value in another context', () => {
    const sealed = keyring.seal(Buffer.from('secret'), 'credential:orders-db/read');
    expect(() => keyring.open(sealed, 'credential:orders-db/write')).toThrow(
      expect.objectContaining({ code: 'not_authentic' }),
    );
  });

  it('refuses a value with any bit changed, and what is no sealed value', () => {
    const sealed = keyring.seal(Buffer.from('secret'), 'a');
    const [version, id, body = ''] = sealed.split('.');
    const bytes = Buffer.from(body, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => keyring.open(`${version}.${id}.${changed.toString('base64url')}`, 'a')).toThrow(
        /was changed/,
      );
    }
    for (const text of ['', 'v1', 'v1..', `${version}.${id}.AA`, `v2.${id}.${body}`, `${sealed}.x`]) {
      expect(() => keyring.open(text, 'a')).toThrow(expect.objectContaining({ code: 'not_authentic' }));
    }
  });

  it('seals with the newest key, opens with all, and says what is to be sealed again', () => {
    const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
    const before = new Keyring([oldKey]);
    const after = new Keyring([newKey, oldKey]);
    const sealed = before.seal(Buffer.from('x'), 'a');
    expect(before.needsRewrap(sealed)).toBe(false);
    expect(after.needsRewrap(sealed)).toBe(true);
    expect(after.open(sealed, 'a').toString()).toBe('x');
    const again = after.rewrap(sealed, 'a');
    expect(after.needsRewrap(again)).toBe(false);
    expect(new Keyring([newKey]).open(again, 'a').toString()).toBe('x');
    expect(() => new Keyring([newKey]).open(sealed, 'a')).toThrow(
      expect.objectContaining({ code: 'unknown_key' }),
    );
  });

  it('takes keys of 32 bytes only', () => {
    expect(() => new Keyring([])).toThrow(/no master key/);
    expect(() => new Keyring([randomBytes(16)])).toThrow(/32 bytes/);
  });
});

describe('loadKeyring', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drawbridge-keyring-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('makes a key file that only its owner reads at the first start, and keeps it', async () => {
    const file = join(folder, 'deep', 'master.key');
    const keyrings = await Promise.all([
      loadKeyring({ file }, {}),
      loadKeyring({ file }, {}),
      loadKeyring({ file }, {}),
    ]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const sealed = keyrings[0].seal(Buffer.from('x'), 'a');
    for (const keyring of [...keyrings, await loadKeyring({ file }, {})])
      expect(keyring.open(sealed, 'a').toString()).toBe('x');
  });

  it('refuses a key file that others may read, until its mode is right', async () => {
    const file = join(folder, 'master.key');
    await loadKeyring({ file }, {});
    await chmod(file, 0o640);
    await expect(loadKeyring({ file }, {})).rejects.toThrow(`chmod 600 ${file}`);
    await chmod(file, 0o600);
    await expect(loadKeyring({ file }, {})).resolves.toBeInstanceOf(Keyring);
  });

  it('refuses a file with anything but keys, and does not repeat it', async () => {
    const file = join(folder, 'master.key');
    for (const text of [
      '',
      'hunter2',
      randomBytes(31).toString('base64'),
      `${randomBytes(32).toString('base64')}!`,
    ]) {
      await writeFile(file, text, { mode: 0o600 });
      const refusal = expect(loadKeyring({ file }, {})).rejects;
      await refusal.toMatchObject({ code: 'invalid_key' });
      if (text !== '') await expect(loadKeyring({ file }, {})).rejects.not.toThrow(text);
    }
    expect(await readFile(file, 'utf8')).toMatch(/!$/);
  });

  it('takes several keys from the environment, newest first', async () => {
    const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
    const env = { KEYS: `${newKey.toString('base64')},${oldKey.toString('base64')}` };
    const keyring = await loadKeyring({ env: 'KEYS' }, env);
    expect(keyring.needsRewrap(new Keyring([newKey]).seal(Buffer.of(1), 'a'))).toBe(false);
    expect(keyring.open(new Keyring([oldKey]).seal(Buffer.of(1), 'a'), 'a')).toEqual(Buffer.of(1));
    await expect(loadKeyring({ env: 'NONE' }, env)).rejects.toThrow(/openssl rand -base64 32/);
  });
});
