import { Duplex } from 'node:stream';
import ssh2, { type Client } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { acceptHostCertificates } from './host-certificates.ts';
import { checkExchange, protocolOf, Ssh2Changed } from './ssh2-internals.ts';

/** A client that has begun to connect; nobody is at the other end. */
function connecting(): Client {
  const client = new ssh2.Client();
  client.on('error', () => undefined);
  const sock = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const algorithms = { serverHostKey: ['ssh-ed25519' as const] };
  return client.connect({ sock, username: 'deploy', readyTimeout: 0, algorithms });
}

const protocol = (client: Client) => (client as unknown as { _protocol: Record<string, unknown> })._protocol;

describe('the parts of ssh2 that are not its public interface', () => {
  it('are where they were in the release that is installed', () => {
    const { _offer: offer } = protocolOf(connecting());
    expect(offer.lists.serverHostKey.array).toEqual(['ssh-ed25519']);
    expect(offer.lists.kex.array).toContain('kex-strict-c-v00@openssh.com');
  });

  it.each(['_offer', '_kex', '_kexinit', '_authsQueue', '_cipher', '_packetRW'])(
    'are missed when %s is gone, before anything is done',
    (name) => {
      const client = connecting();
      delete protocol(client)[name];
      expect(() => protocolOf(client)).toThrow(Ssh2Changed);
      expect(() => acceptHostCertificates(client, [])).toThrow(Ssh2Changed);
    },
  );

  it('are missed when they are something else', () => {
    const client = connecting();
    protocol(client)._packetRW = { write: { alloc: () => undefined } };
    expect(() => protocolOf(client)).toThrow('packet writer');
    expect(() => protocolOf({} as Client)).toThrow(Ssh2Changed);
    expect(() => checkExchange({ negotiated: {} })).toThrow(Ssh2Changed);
    expect(() => checkExchange(undefined)).toThrow(Ssh2Changed);
  });
});

describe('acceptHostCertificates', () => {
  it('offers certificates before the plain keys, for this connection alone', () => {
    const [first, second] = [connecting(), connecting()];
    acceptHostCertificates(first, ['ssh-ed25519', 'rsa-sha2-512']);
    expect(protocolOf(first)._offer.lists.serverHostKey.array).toEqual([
      'ssh-ed25519-cert-v01@openssh.com',
      'ecdsa-sha2-nistp256-cert-v01@openssh.com',
      'ecdsa-sha2-nistp384-cert-v01@openssh.com',
      'ecdsa-sha2-nistp521-cert-v01@openssh.com',
      'rsa-sha2-512-cert-v01@openssh.com',
      'rsa-sha2-256-cert-v01@openssh.com',
      'ssh-ed25519',
      'rsa-sha2-512',
    ]);
    expect(protocolOf(first)._offer.lists.kex).toEqual(protocolOf(second)._offer.lists.kex);
    expect(protocolOf(second)._offer.lists.serverHostKey.array).toEqual(['ssh-ed25519']);
  });

  it('refuses a connection on which an exchange has begun', () => {
    const client = connecting();
    protocol(client)._kex = {};
    expect(() => acceptHostCertificates(client, [])).toThrow(Ssh2Changed);
  });

  it('refuses an exchange that it does not know', () => {
    const client = connecting();
    acceptHostCertificates(client, []);
    expect(() => {
      protocol(client)._kex = { negotiated: { serverHostKey: 'ssh-ed25519-cert-v01@openssh.com' } };
    }).toThrow(Ssh2Changed);
  });
});
