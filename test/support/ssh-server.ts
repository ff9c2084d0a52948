import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { anyFreePort } from '../../demo/free-port.ts';
import { type OwnedProcess, startOwned } from './owned-process.ts';
import {
  type CertificateFields,
  certifySshKey,
  makeSshKey,
  type SshKey,
  type SshKeyType,
} from './ssh-key.ts';

export interface SshServerOptions {
  /** Line of the authority whose user certificates are taken (`TrustedUserCAKeys`). */
  readonly trustedCa?: string;
  /** Lines of keys that may sign in, beside the server's own `userKey`. */
  readonly authorizedKeys?: readonly string[];
  /** Types of its host keys; one of each is made. */
  readonly hostKeyTypes?: readonly SshKeyType[];
  /** Host keys to use instead of fresh ones. */
  readonly hostKeys?: readonly SshKey[];
  /** Has every host key certified, by `hostAuthority` or an authority of its own. */
  readonly hostCertificate?: Partial<CertificateFields> & { readonly by?: SshKey };
  /** Further lines of sshd_config; they win over those from here. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** Debian's own OpenSSH server, on the loopback, for the user who runs the tests; gone with its folder when stopped. */
export interface SshServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Who can sign in: the one who runs the tests. */
  readonly username: string;
  /** A key that the user may sign in with. */
  readonly userKey: SshKey;
  /** Public line of the first host key. */
  readonly hostKey: string;
  /** Public lines of all host keys. */
  readonly hostKeys: readonly string[];
  /** Public line of the authority of its host certificates. */
  readonly hostAuthority: string | undefined;
  /** A scratch folder that goes with the server. */
  readonly folder: string;
  /** What sshd logged so far (LogLevel VERBOSE): who signed in with which key or certificate. */
  log(): string;
  /** Ends it, every connection, and everything that was started over one. */
  stop(): Promise<void>;
}

const SSHD = '/usr/sbin/sshd';
/** sshd run by root changes into it before a user has signed in, and makes sure of its mode. */
const PRIVILEGE_SEPARATION = '/run/sshd';
const PORT_ATTEMPTS = 5;
const run = promisify(execFile);

/** @throws Error with what sshd said when it doesn't start. */
export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  if (!existsSync(SSHD))
    throw new Error(`There is no SSH server at ${SSHD}: install the package openssh-server.`);
  if (process.getuid?.() === 0) await mkdir(PRIVILEGE_SEPARATION, { recursive: true, mode: 0o755 });
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-sshd-'));
  try {
    const types = options.hostKeyTypes ?? ['ed25519'];
    const hostKeys = options.hostKeys ?? (await Promise.all(types.map((type) => makeSshKey(type))));
    const userKey = await makeSshKey();
    const authority = options.hostCertificate && (options.hostCertificate.by ?? (await makeSshKey()));
    const mark = `DRAWBRIDGE_TEST_SSHD=${randomUUID()}`;
    const lines = [
      `SetEnv ${mark}`,
      ...Object.entries(options.settings ?? {}).map(([name, value]) => `${name} ${value}`),
      ...(await placeHostKeys(folder, hostKeys, options.hostCertificate, authority)),
      ...(await placeAuthorities(folder, options, userKey)),
      ...SETTINGS,
    ];
    const config = join(folder, 'sshd_config');
    await writeFile(config, `${lines.join('\n')}\n`);
    const { port, server } = await launch(config, folder);
    return {
      host: '127.0.0.1',
      port,
      username: userInfo().username,
      userKey,
      hostKey: hostKeys[0]?.publicKey ?? '',
      hostKeys: hostKeys.map(({ publicKey }) => publicKey),
      hostAuthority: authority?.publicKey,
      folder,
      log: () => server.said,
      async stop() {
        const sessions = await descendants(server.child.pid);
        await server.stop();
        for (const pid of [...sessions, ...(await withMark(mark))]) end(pid);
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The first value that sshd reads for an option counts. */
const SETTINGS = [
  'ListenAddress 127.0.0.1',
  'PidFile none',
  'UsePAM no',
  'PasswordAuthentication no',
  'KbdInteractiveAuthentication no',
  'PubkeyAuthentication yes',
  'PermitRootLogin prohibit-password',
  // Our folders are below one that everybody may write to.
  'StrictModes no',
  'Subsystem sftp internal-sftp',
  'AcceptEnv LANG LC_*',
  'AllowTcpForwarding yes',
  'AllowStreamLocalForwarding yes',
  'AllowAgentForwarding yes',
  'X11Forwarding no',
  'MaxSessions 300',
  'MaxStartups 100:30:200',
  'UseDNS no',
  'PrintMotd no',
  'PrintLastLog no',
  'LogLevel VERBOSE',
];

async function placeHostKeys(
  folder: string,
  keys: readonly SshKey[],
  certificate: SshServerOptions['hostCertificate'],
  authority: SshKey | undefined,
): Promise<string[]> {
  const placed = keys.map(async (key, index) => {
    const file = join(folder, `host_key_${index}`);
    await writeFile(file, key.privateKey, { mode: 0o600 });
    await writeFile(`${file}.pub`, `${key.publicKey}\n`);
    if (authority === undefined) return [`HostKey ${file}`];
    const fields = { kind: 'host' as const, principals: ['127.0.0.1'], ...certificate };
    await writeFile(`${file}-cert.pub`, `${await certifySshKey(authority, key.publicKey, fields)}\n`);
    return [`HostKey ${file}`, `HostCertificate ${file}-cert.pub`];
  });
  return (await Promise.all(placed)).flat();
}

async function placeAuthorities(
  folder: string,
  { trustedCa, authorizedKeys = [] }: SshServerOptions,
  userKey: SshKey,
): Promise<string[]> {
  const authorized = join(folder, 'authorized_keys');
  await writeFile(authorized, `${[userKey.publicKey, ...authorizedKeys].join('\n')}\n`, { mode: 0o644 });
  if (trustedCa === undefined) return [`AuthorizedKeysFile ${authorized}`];
  const authorities = join(folder, 'user_ca.pub');
  await writeFile(authorities, `${trustedCa}\n`, { mode: 0o644 });
  return [`AuthorizedKeysFile ${authorized}`, `TrustedUserCAKeys ${authorities}`];
}

async function launch(config: string, folder: string): Promise<{ port: number; server: OwnedProcess }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await anyFreePort();
    try {
      const server = await startOwned(SSHD, ['-D', '-e', '-f', config, '-p', String(port)], {
        ...{ ready: `Server listening on 127.0.0.1 port ${port}`, signal: 'TERM', cwd: folder },
        env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
      });
      return { port, server };
    } catch (error) {
      const taken = error instanceof Error && error.message.includes('Address already in use');
      if (!taken || attempt >= PORT_ATTEMPTS) throw error;
    }
  }
}

/** Every process below one: sshd's sessions have process groups of their own, and outlive the server. */
async function descendants(root: number | undefined): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  const children = new Map<number, number[]>();
  for (const line of stdout.trim().split('\n')) {
    const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const below = (pid: number): number[] =>
    (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return root === undefined ? [] : below(root);
}

/** What was started over a connection that is gone has no parent any more, but still the environment it was given. */
async function withMark(mark: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).map(Number).filter(Number.isInteger);
  const marked = await Promise.all(
    pids.map(async (pid) =>
      (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0').includes(mark),
    ),
  );
  return pids.filter((_pid, index) => marked[index]);
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone with the server.
  }
}
