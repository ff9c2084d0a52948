import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { describeCertificate } from '../../../../../test/support/ssh-key.ts';
import { parsePublicKeyLine } from './public-key.ts';
import { publicKeyBlob, publicKeyLine } from './public-key-line.ts';
import { SshAuthority } from './ssh-authority.ts';
import { isSigned, parseCertificate } from './ssh-certificate.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const authority = new SshAuthority(privateKey);
const FROM = Date.UTC(2026, 0, 5, 12, 0, 0, 250);
const order = { username: 'deploy', keyId: 'ses_1', from: FROM, until: FROM + 600_000 };

const parsed = (line: string) => parseCertificate(parsePublicKeyLine(line).blob);

describe('SshAuthority', () => {
  it('says its own key as a line for TrustedUserCAKeys', () => {
    expect(authority.publicKey).toBe(publicKeyLine(privateKey));
  });

  it('makes certificates that ssh-keygen reads: one user, this session, from a minute ago until the end', async () => {
    const said = await describeCertificate(authority.certify(order).certificate);
    expect(said).toContain('Type: ssh-ed25519-cert-v01@openssh.com user certificate');
    expect(said).toContain('Key ID: "ses_1"');
    expect(said).toContain('Valid: from 2026-01-05T11:59:00 to 2026-01-05T12:10:00');
    expect(said).toMatch(/Principals: \n\s+deploy\n/);
    expect(said).toContain('Critical Options: (none)');
    expect(said).toMatch(/Extensions: \n\s+permit-port-forwarding\n\s+permit-pty\n/);
    expect(said).toMatch(/Signing CA: ED25519 SHA256:\S+ \(using ssh-ed25519\)/);
  });

  it('signs them, with its own key in them', () => {
    const certificate = parsed(authority.certify(order).certificate);
    expect(isSigned(certificate)).toBe(true);
    expect(certificate.authority).toEqual(publicKeyBlob(privateKey));
  });

  it('makes a key, a nonce and a serial for each, and hands out the key that it certified', () => {
    const [first, second] = [authority.certify(order), authority.certify(order)];
    const { key, serial } = parsed(first.certificate);
    expect(key).toEqual(publicKeyBlob(createPublicKey(createPrivateKey(first.privateKey))));
    expect(parsed(second.certificate).key).not.toEqual(key);
    expect(parsed(second.certificate).serial).not.toBe(serial);
  });

  it('never outlives its order by the rest of a second', () => {
    const { validBefore } = parsed(authority.certify({ ...order, until: FROM + 1_749 }).certificate);
    expect(Number(validBefore) * 1000).toBeLessThanOrEqual(FROM + 1_749);
  });

  it.each([
    ['an end that is over', { until: FROM }],
    ['no end', { until: Number.NaN }],
    ['an end that never comes', { until: Number.POSITIVE_INFINITY }],
    ['nobody', { username: '' }],
  ])('refuses an order with %s', (_what, part) => {
    expect(() => authority.certify({ ...order, ...part })).toThrow(RangeError);
  });
});
