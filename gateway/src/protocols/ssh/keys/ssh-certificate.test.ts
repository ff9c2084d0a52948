import { describe, expect, it } from 'vitest';
import { certifySshKey, makeSshKey, type SshKeyType } from '../../../../../test/support/ssh-key.ts';
import { parsePublicKeyLine } from './public-key.ts';
import { isCertificate, isSigned, parseCertificate } from './ssh-certificate.ts';
import { MalformedSshData } from './ssh-reader.ts';

const TYPES: readonly SshKeyType[] = ['ed25519', 'ecdsa', 'rsa'];

async function certificate(type: SshKeyType = 'ed25519', by: SshKeyType = 'ed25519', bits?: number) {
  const [authority, key] = await Promise.all([makeSshKey(by, bits), makeSshKey(type)]);
  const line = await certifySshKey(authority, key.publicKey, {
    kind: 'user',
    principals: ['deploy', 'root'],
    validity: '20260105120000Z:20260105130000Z',
    options: ['force-command=true', 'no-pty'],
  });
  return { authority, key, blob: parsePublicKeyLine(line).blob };
}

describe('parseCertificate', () => {
  it.each(TYPES)('reads what ssh-keygen makes for an %s key', async (type) => {
    const { authority, key, blob } = await certificate(type);
    expect(isCertificate(blob)).toBe(true);
    const parsed = parseCertificate(blob);
    expect(parsed).toMatchObject({
      ...{ kind: 1, keyId: 'test', principals: ['deploy', 'root'], criticalOptions: ['force-command'] },
      ...{ validAfter: 1_767_614_400n, validBefore: 1_767_618_000n },
    });
    expect(parsed.extensions).not.toContain('permit-pty');
    expect(parsed.extensions).toContain('permit-user-rc');
    expect(parsed.key).toEqual(parsePublicKeyLine(key.publicKey).blob);
    expect(parsed.authority).toEqual(parsePublicKeyLine(authority.publicKey).blob);
  });

  it('refuses every one that is cut off, and one with more behind it', async () => {
    const { blob } = await certificate();
    for (let length = 0; length < blob.length; length += 1)
      expect(() => parseCertificate(blob.subarray(0, length))).toThrow(MalformedSshData);
    expect(() => parseCertificate(Buffer.concat([blob, Buffer.of(0)]))).toThrow(MalformedSshData);
  });

  it('refuses a plain key', async () => {
    const { blob } = parsePublicKeyLine((await makeSshKey()).publicKey);
    expect(isCertificate(blob)).toBe(false);
    expect(() => parseCertificate(blob)).toThrow(MalformedSshData);
  });
});

describe('isSigned', () => {
  it.each([
    ['ed25519', undefined],
    ['ecdsa', 256],
    ['ecdsa', 384],
    ['ecdsa', 521],
    ['rsa', 3072],
  ] as const)('knows the signature of an authority with an %s key of %s bits', async (by, bits) => {
    const { blob } = await certificate('ed25519', by, bits);
    expect(isSigned(parseCertificate(blob))).toBe(true);
  });

  it('notices every octet that is changed', async () => {
    const { blob } = await certificate();
    expect(isSigned(parseCertificate(blob))).toBe(true);
    for (let at = 0; at < blob.length; at += 1) {
      const forged = Buffer.from(blob);
      forged[at] = (forged[at] ?? 0) ^ 1;
      expect(believed(forged)).toBe(false);
    }
  });
});

function believed(blob: Buffer): boolean {
  try {
    return isSigned(parseCertificate(blob));
  } catch (error) {
    if (error instanceof MalformedSshData) return false;
    throw error;
  }
}
