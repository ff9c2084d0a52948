import { describe, expect, it } from 'vitest';
import { type CertificateFields, certifySshKey, makeSshKey } from '../../../../../test/support/ssh-key.ts';
import { parsePublicKeyLine } from '../keys/public-key.ts';
import { hostRule, noSuchHostKey, refuseHost } from './host-trust.ts';
import { SshTargetFailure } from './ssh-target-failure.ts';

const authority = await makeSshKey();
const host = await makeSshKey();
const short = await makeSshKey('rsa', 1024);
const NOW = Date.UTC(2026, 0, 5, 12);
const VALID = '20260105115900Z:20260105120100Z';

const rule = hostRule('build-box', {
  host: 'Build.Internal',
  hostKeys: [],
  hostAuthority: authority.publicKey,
});

async function verdict(fields: Partial<CertificateFields>, now = NOW): Promise<string | undefined> {
  const line = await certifySshKey(authority, host.publicKey, {
    kind: 'host',
    principals: ['build.internal'],
    validity: VALID,
    ...fields,
  });
  return refuseHost(rule, parsePublicKeyLine(line).blob, now)?.message;
}

describe('a host certificate', () => {
  it('counts for the name of the host, whatever its case, while it is valid', async () => {
    expect(await verdict({ principals: ['other.internal', 'build.internal'] })).toBeUndefined();
    expect(await verdict({}, NOW - 60_000)).toBeUndefined();
    expect(await verdict({}, NOW - 60_001)).toContain('not valid yet');
    expect(await verdict({}, NOW + 59_999)).toBeUndefined();
    expect(await verdict({}, NOW + 60_000)).toContain('has expired');
  });

  it.each([
    ['of a user', { kind: 'user' }, 'not a host certificate'],
    ['for every host', { principals: [] }, 'principals'],
    ['for a pattern', { principals: ['*.internal'] }, 'principals'],
    ['with a critical option', { options: ['critical:shoe-size=42'] }, 'critical option'],
  ] as const)('does not count where it is one %s', async (_what, fields, why) => {
    expect(await verdict(fields)).toContain(why);
  });

  it('is needed: the plain key of the authority is none', () => {
    expect(refuseHost(rule, parsePublicKeyLine(authority.publicKey).blob, NOW)?.message).toContain(
      'shows no host certificate',
    );
  });

  it('does not count where the resource has no authority', async () => {
    const pinned = hostRule('build-box', { host: 'build.internal', hostKeys: [authority.publicKey] });
    const line = await certifySshKey(authority, host.publicKey, {
      kind: 'host',
      principals: ['build.internal'],
    });
    expect(refuseHost(pinned, parsePublicKeyLine(line).blob, NOW)?.message).toContain(
      'names no target.hostAuthority',
    );
  });
});

describe('what a host shows', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a length that it does not keep', Buffer.of(0xff, 0xff, 0xff, 0xff)],
    ['a certificate that is cut off', Buffer.from('\0\0\0\x20ssh-ed25519-cert-v01@openssh.com', 'latin1')],
  ])('%s, is refused', (_what, shown) => {
    expect(refuseHost(rule, shown, NOW)?.reason).toBe('host_key');
  });

  it('is not repeated where it could be anything', () => {
    const pinned = hostRule('build-box', { host: 'build.internal', hostKeys: [host.publicKey] });
    const name = '\x1b]0;owned\x07';
    const message = refuseHost(
      pinned,
      Buffer.concat([Buffer.of(0, 0, 0, name.length), Buffer.from(name)]),
      NOW,
    );
    expect(message?.message).toContain('it shows another kind of key, SHA256:');
    expect(message?.message).not.toContain(name);
  });
});

describe('a resource', () => {
  it.each([
    ['neither key nor authority', { hostKeys: [] }, 'neither target.hostKeys nor target.hostAuthority'],
    ['a key that is none', { hostKeys: [host.publicKey, 'ssh-ed25519 AAAA'] }, 'target.hostKeys[1]'],
    [
      'a kind of key that no host has',
      { hostKeys: [`sk-ssh-ed25519@openssh.com ${sk()}`] },
      'its type is none of ssh-ed25519',
    ],
    ['an RSA key that is too short', { hostKeys: [short.publicKey] }, 'less than 2048 bits'],
    [
      'a kind of key for an authority that is too old',
      { hostKeys: [], hostAuthority: 'ssh-dss AAAAB3NzaC1kc3M=' },
      'target.hostAuthority',
    ],
  ])('with %s is refused, saying where', (_what, target, why) => {
    const check = () => hostRule('build-box', { host: 'build.internal', ...target });
    expect(check).toThrow(SshTargetFailure);
    expect(check).toThrow(why);
  });

  it('whose pinned kind of key the host lacks is told what was expected', () => {
    const pinned = hostRule('build-box', { host: 'build.internal', hostKeys: [host.publicKey] });
    expect(noSuchHostKey(pinned).message).toContain(
      'of the kind that its resource pins (ssh-ed25519 SHA256:',
    );
    expect(noSuchHostKey(rule).message).toContain('shows no host certificate');
  });
});

function sk(): string {
  const type = 'sk-ssh-ed25519@openssh.com';
  return Buffer.concat([Buffer.of(0, 0, 0, type.length), Buffer.from(type)]).toString('base64');
}
