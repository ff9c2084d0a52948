import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeSshKey } from '../test/support/ssh-key.ts';
import { startSshServer } from '../test/support/ssh-server.ts';

/** How the gateway reaches the host, and the key that the bench's client shows it. */
export interface SshTarget {
  readonly port: number;
  readonly hostKey: string;
  readonly username: string;
  readonly privateKey: string;
  readonly clientKey: string;
}

/** OpenSSH's own server, with a big file. */
export interface BenchHost {
  readonly target: SshTarget;
  /** 200 MB that nothing compresses. */
  readonly file: string;
  /** Private keys as files: of the client towards the host, and towards the gateway. */
  readonly directKey: string;
  readonly gatewayKey: string;
  stop(): Promise<void>;
}

export const FILE_MEGABYTES = 200;

export async function startSshTarget(folder: string): Promise<BenchHost> {
  const server = await startSshServer();
  const client = await makeSshKey();
  const place = async (name: string, content: string | Buffer) => {
    const path = join(folder, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  return {
    target: {
      port: server.port,
      hostKey: server.hostKey,
      username: server.username,
      privateKey: server.userKey.privateKey,
      clientKey: client.publicKey.split(' ').slice(0, 2).join(' '),
    },
    file: await place('big.bin', randomBytes(FILE_MEGABYTES * 1_000_000)),
    directKey: await place('direct-key', server.userKey.privateKey),
    gatewayKey: await place('gateway-key', client.privateKey),
    stop: () => server.stop(),
  };
}
