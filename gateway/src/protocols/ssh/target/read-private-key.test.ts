import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeSshKey } from '../../../../../test/support/ssh-key.ts';
import { publicKeyLine } from '../keys/public-key-line.ts';
import { readPrivateKey } from './read-private-key.ts';

const DATA = randomBytes(32);
const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8') =>
  key.export({ type: type as 'pkcs8', format: 'pem' }).toString();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed25519 = generateKeyPairSync('ed25519');

describe('readPrivateKey', () => {
  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('reads OpenSSH’s own form (%s)', async (type) => {
    const { privateKey, publicKey } = await makeSshKey(type);
    const key = readPrivateKey(privateKey);
    expect(`${key.type} ${key.getPublicSSH().toString('base64')}`).toBe(publicKey);
  });

  it.each([
    ['PKCS#8 (RSA)', pem(rsa.privateKey), 'ssh-rsa'],
    ['PKCS#8 (EC)', pem(ec.privateKey), 'ecdsa-sha2-nistp256'],
    ['PKCS#8 (Ed25519)', pem(ed25519.privateKey), 'ssh-ed25519'],
    ['PKCS#1', pem(rsa.privateKey, 'pkcs1'), 'ssh-rsa'],
    ['SEC 1', pem(ec.privateKey, 'sec1'), 'ecdsa-sha2-nistp256'],
  ])('reads PEM: %s', (_what, text, type) => {
    const key = readPrivateKey(text);
    expect(key.type).toBe(type);
    expect(key.verify(DATA, key.sign(DATA))).toBe(true);
  });

  it('keeps a key the same where it changes its form', () => {
    const key = readPrivateKey(pem(ed25519.privateKey));
    expect(`ssh-ed25519 ${key.getPublicSSH().toString('base64')}`).toBe(publicKeyLine(ed25519.publicKey));
  });

  it.each([
    ['nothing', ''],
    ['a public key', publicKeyLine(ed25519.publicKey)],
    ['a key for another use', pem(generateKeyPairSync('x25519').privateKey)],
    [
      'a passphrase',
      rsa.privateKey
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
        .toString(),
    ],
  ])('refuses %s without a word of it', (_what, text) => {
    expect(() => readPrivateKey(text)).toThrow(/^it /);
  });

  it('refuses OpenSSH’s form with a passphrase', async () => {
    const locked = await makeSshKey('ed25519', undefined, 'secret');
    expect(() => readPrivateKey(locked.privateKey)).toThrow('passphrase');
  });
});
