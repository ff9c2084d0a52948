import { describe, expect, it } from 'vitest';
import { makeSshKey } from '../../../../../test/support/ssh-key.ts';
import { fingerprint, parsePublicKeyLine, publicKeyObject } from './public-key.ts';
import { lengthed } from './public-key-line.ts';
import { MalformedSshData } from './ssh-reader.ts';

const text = (value: string) => lengthed(Buffer.from(value));

describe('parsePublicKeyLine', () => {
  it('reads a line with or without a comment', async () => {
    const { publicKey } = await makeSshKey();
    const { type, blob } = parsePublicKeyLine(publicKey);
    expect(type).toBe('ssh-ed25519');
    expect(`${type} ${blob.toString('base64')}`).toBe(publicKey);
    expect(parsePublicKeyLine(`${publicKey} root@build-box two words\n`).blob).toEqual(blob);
  });

  it.each([
    ['nothing', ''],
    ['a type alone', 'ssh-ed25519'],
    ['what is no base64', 'ssh-ed25519 AAAA!AAA'],
    ['a key under another type', `ssh-rsa ${text('ssh-ed25519').toString('base64')}`],
    ['a key that is cut off', 'ssh-ed25519 AAAAC3Nz'],
  ])('refuses %s', (_what, line) => {
    expect(() => parsePublicKeyLine(line)).toThrow(MalformedSshData);
  });
});

describe('publicKeyObject', () => {
  it.each([
    ['ed25519', undefined, 'ed25519'],
    ['ecdsa', 256, 'ec'],
    ['ecdsa', 384, 'ec'],
    ['ecdsa', 521, 'ec'],
    ['rsa', 2048, 'rsa'],
  ] as const)('reads %s keys of %s bits', async (type, bits, kind) => {
    const { blob } = parsePublicKeyLine((await makeSshKey(type, bits)).publicKey);
    expect(publicKeyObject(blob).asymmetricKeyType).toBe(kind);
  });

  it('refuses RSA keys that are too short', async () => {
    const { blob } = parsePublicKeyLine((await makeSshKey('rsa', 1024)).publicKey);
    expect(() => publicKeyObject(blob)).toThrow('less than 2048 bits');
  });

  it('refuses what is not whole, or more than whole', async () => {
    for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
      const { blob } = parsePublicKeyLine((await makeSshKey(type)).publicKey);
      for (let length = 0; length < blob.length; length += 1)
        expect(() => publicKeyObject(blob.subarray(0, length))).toThrow(MalformedSshData);
      expect(() => publicKeyObject(Buffer.concat([blob, Buffer.of(0)]))).toThrow(MalformedSshData);
    }
  });

  it('refuses a point that is on another curve, or on none', async () => {
    const point = Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)]);
    const blob = (curve: string) =>
      Buffer.concat([text('ecdsa-sha2-nistp256'), text(curve), lengthed(point)]);
    expect(() => publicKeyObject(blob('nistp256'))).toThrow(MalformedSshData);
    expect(() => publicKeyObject(blob('nistp384'))).toThrow(MalformedSshData);
  });

  it('refuses types it can not verify with', () => {
    expect(() => publicKeyObject(text('ssh-dss'))).toThrow(MalformedSshData);
  });
});

describe('fingerprint', () => {
  it('is the one that ssh-keygen shows', () => {
    const line = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
    expect(fingerprint(parsePublicKeyLine(line).blob)).toBe(
      'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU',
    );
  });
});
