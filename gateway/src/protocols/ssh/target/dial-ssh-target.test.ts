import { generateKeyPairSync } from 'node:crypto';
import type { Client } from 'ssh2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeSshKey } from '../../../../../test/support/ssh-key.ts';
import {
  type SshServer,
  type SshServerOptions,
  startSshServer,
} from '../../../../../test/support/ssh-server.ts';
import { systemClock } from '../../../clock.ts';
import type { SshLogin, SshTargetCredential } from '../../../sessions/session.ts';
import { fingerprint, parsePublicKeyLine } from '../keys/public-key.ts';
import { SshAuthority } from '../keys/ssh-authority.ts';
import { dialSshTarget } from './dial-ssh-target.ts';
import { SshTargetFailure } from './ssh-target-failure.ts';

const authority = new SshAuthority(generateKeyPairSync('ed25519').privateKey);
const MINUTE = 60_000;

let server: SshServer;
beforeAll(async () => {
  server = await startSshServer({
    trustedCa: authority.publicKey,
    hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'],
  });
});
afterAll(() => server.stop());

const clients: Client[] = [];
const others: SshServer[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await Promise.all(others.splice(0).map((other) => other.stop()));
});

async function start(options: SshServerOptions): Promise<SshServer> {
  const other = await startSshServer(options);
  others.push(other);
  return other;
}

function credential(of: SshServer, part: Partial<SshTargetCredential> = {}): SshTargetCredential {
  return {
    protocol: 'ssh',
    ...{ host: of.host, port: of.port, hostKeys: [of.hostKey], username: of.username },
    login: { kind: 'key', privateKey: of.userKey.privateKey },
    ...part,
  };
}

async function dial(target: SshTargetCredential): Promise<Client> {
  const client = await dialSshTarget(target, {
    ...{ resource: 'build-box', clock: systemClock, signal: new AbortController().signal },
  });
  clients.push(client);
  return client;
}

async function refused(target: SshTargetCredential): Promise<SshTargetFailure> {
  const error: unknown = await dial(target).catch((reason: unknown) => reason);
  if (!(error instanceof SshTargetFailure)) throw new Error(`expected a failure, got ${String(error)}`);
  expect(error.message).not.toContain(target.host);
  expect(error.message).not.toContain(String(target.port));
  return error;
}

/** What a command says over a connection. */
async function ask(client: Client, command: string): Promise<string> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      channel.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      channel.on('close', () => resolve());
    });
  });
  return said;
}

const certificate = (
  part: { username?: string; from?: number; until?: number; by?: SshAuthority } = {},
): SshLogin => {
  const { username = server.username, from = Date.now(), until = Date.now() + MINUTE, by = authority } = part;
  return by.certify({ username, keyId: 'ses_42', from, until });
};

describe('signing in at OpenSSH', () => {
  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('with a private key (%s)', async (type) => {
    const key = await makeSshKey(type);
    const other = await start({ authorizedKeys: [key.publicKey] });
    const client = await dial(credential(other, { login: { kind: 'key', privateKey: key.privateKey } }));
    expect(await ask(client, 'echo hello')).toBe('hello\n');
  });

  it('with a certificate of the gateway, which the target logs with the session', async () => {
    const client = await dial(credential(server, { login: certificate() }));
    expect(await ask(client, 'echo hello')).toBe('hello\n');
    await expect
      .poll(() => server.log())
      .toMatch(
        /Accepted publickey for \S+ from 127\.0\.0\.1 port \d+ ssh2: ED25519-CERT SHA256:\S+ ID ses_42/,
      );
  });

  it.each([
    ['that has expired', { from: Date.now() - 2 * MINUTE, until: Date.now() - 1000 }],
    ['for another user', { username: 'somebody-else' }],
    ['of another authority', { by: new SshAuthority(generateKeyPairSync('ed25519').privateKey) }],
  ])('not with a certificate %s', async (_what, part) => {
    const failure = await refused(credential(server, { login: certificate(part) }));
    expect(failure).toMatchObject({
      reason: 'refused_credential',
      message: expect.stringContaining("build-box refused the gateway's credential"),
    });
  });

  it('takes a certificate until the target exchanges keys again, and after', async () => {
    const other = await start({ trustedCa: authority.publicKey, settings: { RekeyLimit: '64K' } });
    const client = await dial(credential(other, { login: certificate() }));
    const exchanges = { count: 0 };
    client.on('handshake', () => {
      exchanges.count += 1;
    });
    expect(await ask(client, 'head -c 1000000 /dev/zero | wc -c; head -c 500000 /dev/zero')).toHaveLength(
      500_000 + '1000000\n'.length,
    );
    expect(exchanges.count).toBeGreaterThan(0);
  });

  it('not with a key that the target does not know', async () => {
    const { privateKey } = await makeSshKey();
    const failure = await refused(credential(server, { login: { kind: 'key', privateKey } }));
    expect(failure.reason).toBe('refused_credential');
    expect(failure.message).not.toContain(privateKey.slice(50, 90));
  });

  it('not with a password where the target takes none, which is not sent', async () => {
    const failure = await refused(credential(server, { login: { kind: 'password', password: 'hunter2' } }));
    expect(failure).toMatchObject({
      reason: 'login_method',
      message: expect.stringContaining('takes no passwords'),
    });
    expect(failure.message).not.toContain('hunter2');
  });

  it('not where the target wants a second credential on top', async () => {
    const other = await start({
      settings: { AuthenticationMethods: 'publickey,publickey' },
    });
    expect((await refused(credential(other))).message).toContain('asks for another one on top');
  });
});

describe('the host key of OpenSSH', () => {
  it.each([0, 1, 2])('is the pinned one of several (%i)', async (index) => {
    const pinned = server.hostKeys[index] ?? '';
    const client = await dial(credential(server, { hostKeys: [pinned] }));
    expect(await ask(client, 'echo hello')).toBe('hello\n');
  });

  it('may be any of those that are pinned, as ssh-keyscan and .pub files write them', async () => {
    const { publicKey } = await makeSshKey();
    await dial(credential(server, { hostKeys: [publicKey, `${server.hostKey} root@build-box`] }));
  });

  it('is refused where another one of its type is pinned, with both fingerprints', async () => {
    const { publicKey } = await makeSshKey();
    const failure = await refused(credential(server, { hostKeys: [publicKey] }));
    expect(failure.reason).toBe('host_key');
    expect(failure.message).toContain(`it shows ssh-ed25519 ${of(server.hostKey)}`);
    expect(failure.message).toContain(`pinned is ssh-ed25519 ${of(publicKey)}`);
  });

  it('is refused where the host has none of the pinned type', async () => {
    const other = await start({ hostKeyTypes: ['ecdsa'] });
    const failure = await refused(credential(other, { hostKeys: [server.hostKey] }));
    expect(failure).toMatchObject({
      reason: 'host_key',
      message: expect.stringContaining(`no host key of the kind that its resource pins (ssh-ed25519`),
    });
  });

  it('is refused where nothing is pinned, without a connection', async () => {
    const failure = await refused(credential(server, { hostKeys: [], port: 1 }));
    expect(failure).toMatchObject({ reason: 'trust', message: expect.stringContaining('ssh-keyscan') });
  });
});

describe('a host certificate of OpenSSH', () => {
  const trusting = (of: SshServer, part: Partial<SshTargetCredential> = {}) =>
    credential(of, { hostKeys: [], hostAuthority: of.hostAuthority ?? '', ...part });

  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('of an authority with an %s key is enough', async (type) => {
    const other = await start({ hostCertificate: { by: await makeSshKey(type) } });
    expect(await ask(await dial(trusting(other)), 'echo hello')).toBe('hello\n');
  });

  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('may be of an %s key', async (type) => {
    const other = await start({ hostKeyTypes: [type], hostCertificate: {} });
    expect(await ask(await dial(trusting(other)), 'echo hello')).toBe('hello\n');
  });

  it('is checked again at each exchange of keys', async () => {
    const other = await start({ hostCertificate: {}, settings: { RekeyLimit: '64K' } });
    expect(await ask(await dial(trusting(other)), 'head -c 500000 /dev/zero')).toHaveLength(500_000);
  });

  it('goes together with a certificate for the user', async () => {
    const other = await start({ hostCertificate: {}, trustedCa: authority.publicKey });
    await dial(trusting(other, { login: certificate() }));
  });

  it('is refused from another authority', async () => {
    const other = await start({ hostCertificate: {} });
    const { publicKey } = await makeSshKey();
    const failure = await refused(trusting(other, { hostAuthority: publicKey }));
    expect(failure.reason).toBe('host_certificate');
    expect(failure.message).toContain(
      `signed by ${of(other.hostAuthority ?? '')} and not by target.hostAuthority`,
    );
    expect(failure.message).toContain(of(publicKey));
  });

  it.each([
    ['for another host', { principals: ['other-box'] }, "principals don't have the name"],
    ['for any host', { principals: [] }, "principals don't have the name"],
    ['that has expired', { validity: '-2h:-1h' }, 'it has expired'],
    ['that is not valid yet', { validity: '+1h:+2h' }, 'not valid yet'],
  ])('is refused %s', async (_what, fields, reason) => {
    const other = await start({ hostCertificate: fields });
    expect(await refused(trusting(other))).toMatchObject({
      reason: 'host_certificate',
      message: expect.stringContaining(reason),
    });
  });

  it('is missed where the host has only keys', async () => {
    expect(await refused(trusting(server, { hostAuthority: authority.publicKey }))).toMatchObject({
      reason: 'host_certificate',
      message: expect.stringContaining('set HostCertificate'),
    });
  });

  it('may have expired where its key is pinned beside the authority', async () => {
    const other = await start({ hostCertificate: { validity: '-2h:-1h' } });
    await dial(trusting(other, { hostKeys: [other.hostKey] }));
  });

  it('may be missing where a key is pinned beside the authority', async () => {
    await dial(credential(server, { hostAuthority: authority.publicKey }));
  });
});

const of = (line: string) => fingerprint(parsePublicKeyLine(line).blob);
