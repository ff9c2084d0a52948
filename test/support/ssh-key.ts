import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type SshKeyType = 'ed25519' | 'ecdsa' | 'rsa';

/** A key pair as OpenSSH's own ssh-keygen makes it. */
export interface SshKey {
  /** OpenSSH's form. */
  readonly privateKey: string;
  /** One line, without comment. */
  readonly publicKey: string;
}

export interface CertificateFields {
  readonly kind: 'host' | 'user';
  readonly principals?: readonly string[];
  /** As `ssh-keygen -V` takes it, e.g. `-1h:+1h`, `always:forever`. */
  readonly validity?: string;
  /** As `ssh-keygen -O` takes them. */
  readonly options?: readonly string[];
}

export async function makeSshKey(
  type: SshKeyType = 'ed25519',
  bits?: number,
  passphrase = '',
): Promise<SshKey> {
  return inFolder(async (folder) => {
    const file = join(folder, 'key');
    const size = bits === undefined ? [] : ['-b', String(bits)];
    await run('ssh-keygen', ['-q', '-t', type, ...size, '-N', passphrase, '-C', '', '-f', file]);
    return {
      privateKey: await readFile(file, 'utf8'),
      publicKey: line(await readFile(`${file}.pub`, 'utf8')),
    };
  });
}

/** Has ssh-keygen certify a public key. @returns the certificate's line, without comment. */
export async function certifySshKey(
  authority: SshKey,
  publicKey: string,
  { kind, principals = [], validity = 'always:forever', options = [] }: CertificateFields,
): Promise<string> {
  return inFolder(async (folder) => {
    await writeFile(join(folder, 'authority'), authority.privateKey, { mode: 0o600 });
    await writeFile(join(folder, 'key.pub'), `${publicKey}\n`);
    await run(
      'ssh-keygen',
      [
        ...['-q', '-s', 'authority', '-I', 'test', '-V', validity, ...(kind === 'host' ? ['-h'] : [])],
        ...(principals.length > 0 ? ['-n', principals.join(',')] : []),
        ...options.flatMap((option) => ['-O', option]),
        'key.pub',
      ],
      { cwd: folder },
    );
    return line(await readFile(join(folder, 'key-cert.pub'), 'utf8'));
  });
}

/** What `ssh-keygen -L` says about a certificate. */
export async function describeCertificate(certificate: string): Promise<string> {
  return inFolder(async (folder) => {
    const file = join(folder, 'cert.pub');
    await writeFile(file, `${certificate}\n`);
    return (await run('ssh-keygen', ['-L', '-f', file], { env: { ...process.env, TZ: 'UTC' } })).stdout;
  });
}

const line = (text: string) => text.trim().split(' ').slice(0, 2).join(' ');

async function inFolder<T>(task: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-ssh-key-'));
  try {
    return await task(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
