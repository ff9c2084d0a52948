import type { StoredSignIn } from '@drawbridge/gateway-client';
import { expect, test } from 'vitest';
import { memoryFile } from './test-support/memory-file.ts';
import { Vault } from './vault.ts';
import { vaultEncryption } from './vault-encryption.ts';

const signIn: StoredSignIn = {
  gateway: 'https://gw.example',
  clientId: 'c',
  accessToken: 'secret-a',
  accessExpiresAt: 1,
  refreshToken: 'secret-r',
};
/** Reversed text stands for the keyring's encryption. */
const keyring = (backend: 'gnome_libsecret' | 'basic_text' | 'unknown', available = true) =>
  vaultEncryption(
    {
      isEncryptionAvailable: () => available,
      getSelectedStorageBackend: () => backend,
      encryptString: (text) => Buffer.from([...text].reverse().join('')),
      decryptString: (bytes) => {
        const text = [...bytes.toString()].reverse().join('');
        if (!text.startsWith('{')) throw new Error('wrong key');
        return text;
      },
    },
    'linux',
  );

test('keeps a sign-in encrypted, and finds it after a restart', async () => {
  const file = memoryFile();
  await new Vault(file, keyring('gnome_libsecret')).write(signIn);
  expect([...file.content.values()].join()).not.toContain('secret-r');
  expect(await new Vault(file, keyring('gnome_libsecret')).read(signIn.gateway)).toEqual(signIn);
});

test.each([
  ['only an encryption with a known key', keyring('basic_text')],
  ['a keyring that is not known', keyring('unknown')],
  ['no encryption', keyring('gnome_libsecret', false)],
])('writes nothing where there is %s, and says so', async (_name, encryption) => {
  const file = memoryFile();
  const vault = new Vault(file, encryption);
  await vault.write(signIn);
  expect(encryption.persistent).toBe(false);
  expect(file.content.size).toBe(0);
  expect(await vault.read(signIn.gateway)).toEqual(signIn);
  expect(await new Vault(file, encryption).read(signIn.gateway)).toBeUndefined();
});

test('drops what it cannot decrypt', async () => {
  const file = memoryFile({ [signIn.gateway]: Buffer.from('other keyring').toString('base64') });
  expect(await new Vault(file, keyring('gnome_libsecret')).read(signIn.gateway)).toBeUndefined();
  expect(file.content.size).toBe(0);
});

test('does not take one gateway’s sign-in for another’s', async () => {
  const file = memoryFile();
  await new Vault(file, keyring('gnome_libsecret')).write(signIn);
  const [sealed] = file.content.values();
  file.content.set('https://evil.example', sealed ?? '');
  expect(await new Vault(file, keyring('gnome_libsecret')).read('https://evil.example')).toBeUndefined();
});

test('lets one task at a time refresh, also after one has failed', async () => {
  const vault = new Vault(memoryFile(), keyring('basic_text'));
  const order: string[] = [];
  const first = vault.exclusively('g', async () => {
    order.push('first begins');
    await Promise.resolve();
    order.push('first ends');
    throw new Error('no');
  });
  const second = vault.exclusively('g', async () => order.push('second'));
  await expect(first).rejects.toThrow('no');
  await second;
  expect(order).toEqual(['first begins', 'first ends', 'second']);
});
