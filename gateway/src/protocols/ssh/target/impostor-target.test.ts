import type { Connection } from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../../test/support/manual-clock.ts';
import { showHostKey } from '../../../../../test/support/scripted-ssh-server.ts';
import { certifySshKey, makeSshKey, type SshKey } from '../../../../../test/support/ssh-key.ts';
import { fails, failure, later, TargetBench } from '../../../../../test/support/target-bench.ts';
import { parsePublicKeyLine } from '../keys/public-key.ts';

const CERTIFIED = 'ssh-ed25519-cert-v01@openssh.com';

const bench = new TargetBench();
afterEach(() => bench.close());

describe('an impostor', () => {
  const showing = async (shown: Buffer, algorithm: string, signer: SshKey) =>
    bench.scripted({
      connected: (connection: Connection) => showHostKey(connection, algorithm, shown, signer),
    });

  it('that shows the pinned key without having it', async () => {
    const [real, own] = await Promise.all([makeSshKey(), makeSshKey()]);
    const shown = parsePublicKeyLine(real.publicKey).blob;
    const show = async (signer: SshKey) =>
      bench.dial({ ...(await showing(shown, 'ssh-ed25519', signer)), hostKey: real.publicKey });
    await show(real);
    await fails(show(own), 'protocol');
  });

  it('that shows the certificate of the host without having its key', async () => {
    const [authority, real, own] = await Promise.all([makeSshKey(), makeSshKey(), makeSshKey()]);
    const line = await certifySshKey(authority, real.publicKey, { kind: 'host', principals: ['127.0.0.1'] });
    const shown = parsePublicKeyLine(line).blob;
    const show = async (signer: SshKey) =>
      bench.dial({ ...(await showing(shown, CERTIFIED, signer)), hostAuthority: authority.publicKey });
    await show(real);
    await fails(show(own), 'protocol');
  });

  it('that puts its own key into the certificate of the host', async () => {
    const [authority, real, own] = await Promise.all([makeSshKey(), makeSshKey(), makeSshKey()]);
    const line = await certifySshKey(authority, real.publicKey, { kind: 'host', principals: ['127.0.0.1'] });
    const forged = Buffer.from(parsePublicKeyLine(line).blob);
    const point = (key: SshKey) => parsePublicKeyLine(key.publicKey).blob.subarray(-32);
    point(own).copy(forged, forged.indexOf(point(real)));
    const { reason, message } = await failure(
      bench.dial({ ...(await showing(forged, CERTIFIED, own)), hostAuthority: authority.publicKey }),
    );
    expect(reason).toBe('host_certificate');
    expect(message).toContain('its signature is wrong');
  });
});

describe('another exchange of keys on the same connection', () => {
  const exchanged = (connection: Connection) =>
    new Promise<void>((resolve) => connection.once('rekey', () => resolve()));

  it('takes the certificate that was good at the first, though it has expired since', async () => {
    const clock = new ManualClock(Date.now());
    const [authority, real] = await Promise.all([makeSshKey(), makeSshKey()]);
    const line = await certifySshKey(authority, real.publicKey, {
      ...{ kind: 'host', principals: ['127.0.0.1'], validity: '-1h:+1h' },
    });
    const arrived = later<Connection>();
    const target = await bench.scripted({
      connected: (connection) => {
        showHostKey(connection, CERTIFIED, parsePublicKeyLine(line).blob, real);
        arrived.resolve(connection);
      },
    });
    await bench.dial({ ...target, hostAuthority: authority.publicKey, clock });
    clock.advance(2 * 3_600_000);
    const connection = await arrived.promise;
    const again = exchanged(connection);
    connection.rekey();
    await again;
    await fails(bench.dial({ ...target, hostAuthority: authority.publicKey, clock }), 'host_certificate');
  });

  it('ends the connection where the host shows another key', async () => {
    const [real, other] = await Promise.all([makeSshKey(), makeSshKey()]);
    const arrived = later<Connection>();
    const target = await bench.scripted({ hostKey: real, connected: arrived.resolve });
    const client = await bench.dial(target);
    const connection = await arrived.promise;
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    showHostKey(connection, 'ssh-ed25519', parsePublicKeyLine(other.publicKey).blob, other);
    connection.rekey();
    await closed;
  });
});
