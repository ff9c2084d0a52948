import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { anyFreePort } from '../../demo/free-port.ts';
import { targetCertificate } from '../../demo/target-certificate.ts';
import { startOwned } from './owned-process.ts';

/** A PostgreSQL of the system's own packages, with TLS and SCRAM, on data that is gone with it. */
export interface DebianServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** PEM of the authority that signed its certificate. */
  readonly ca: string;
  readonly version: number;
  /** Superuser's connection string. */
  url(database: string): string;
  stop(): Promise<void>;
}

const PACKAGES = '/usr/lib/postgresql';
const run = promisify(execFile);

/** @throws Error with what the server said when it doesn't start. */
export async function startDebianServer(): Promise<DebianServer> {
  const { bin, version } = newestServer();
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-debian-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const user = await serverUser();
    const give = async (path: string, mode: number) => {
      await chmod(path, mode);
      if (user) await chown(path, user.uid, user.gid);
    };
    await give(folder, 0o700);
    const made = join(folder, 'certificate');
    await mkdir(made);
    const certificate = await targetCertificate(made, new Date());
    const password = randomBytes(24).toString('base64url');
    const file = (name: string) => join(folder, name);
    for (const [name, text] of [
      ['server.crt', certificate.cert],
      ['server.key', certificate.key],
      ['password', password],
    ] as const) {
      await writeFile(file(name), text);
      await give(file(name), 0o600);
    }
    const data = file('data');
    await run(
      join(bin, 'initdb'),
      [
        '-D',
        data,
        '-U',
        'postgres',
        '-A',
        'scram-sha-256',
        `--pwfile=${file('password')}`,
        '--no-sync',
        '-E',
        'UTF8',
        '--locale=C.UTF-8',
      ],
      { ...user, cwd: folder, env: environment },
    );
    const port = await anyFreePort();
    const settings = {
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      ssl: 'on',
      ssl_cert_file: file('server.crt'),
      ssl_key_file: file('server.key'),
      max_connections: 60,
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = await startOwned(join(bin, 'postgres'), ['-D', data, ...flags], {
      ...{ ready: 'ready to accept connections', signal: 'INT' },
      ...{ ...user, cwd: folder, env: environment },
    });
    return {
      host: '127.0.0.1',
      port,
      ca: certificate.ca,
      version,
      url: (database) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`,
      async stop() {
        await server.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

const environment = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

function newestServer(): { bin: string; version: number } {
  const versions = existsSync(PACKAGES) ? readdirSync(PACKAGES).map(Number).filter(Number.isInteger) : [];
  const version = versions
    .toSorted((a, b) => b - a)
    .find((each) => existsSync(join(PACKAGES, String(each), 'bin/postgres')));
  if (version === undefined)
    throw new Error(`There is no PostgreSQL server in ${PACKAGES}: install the package postgresql.`);
  return { bin: join(PACKAGES, String(version), 'bin'), version };
}

/** PostgreSQL doesn't run as root. */
async function serverUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'postgres'])));
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}
