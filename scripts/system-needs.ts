import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

/** A thing the tests need that npm doesn't bring. */
interface Need {
  readonly what: string;
  /** Debian's and Ubuntu's name of the package that has it; its newer name first where it has two. */
  readonly package: string | readonly [string, string];
  readonly present: () => boolean;
}

const runs = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** The libraries that Electron and Chromium are linked with. */
const library = (file: string, name: Need['package']): Need => ({
  what: file,
  package: name,
  present: () => libraries().includes(file),
});
const libraries = () => spawnSync('ldconfig', ['-p'], { encoding: 'utf8', env: withSbin() }).stdout ?? '';
const withSbin = () => ({ ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` });

/** For the desktop app, which is tested on Linux: a screen that nobody sees, a session bus, and a browser to sign in with. */
const DESKTOP_NEEDS: readonly Need[] = [
  { what: 'Xvfb', package: 'xvfb', present: () => spawnSync('Xvfb', ['-help']).error === undefined },
  { what: 'dbus-daemon', package: 'dbus-daemon', present: () => runs('dbus-daemon') },
  { what: 'Chromium', package: 'chromium', present: () => runs('chromium') || runs('google-chrome') },
  library('libgtk-3.so.0', ['libgtk-3-0t64', 'libgtk-3-0']),
  library('libnss3.so', 'libnss3'),
  library('libasound.so.2', ['libasound2t64', 'libasound2']),
  library('libgbm.so.1', 'libgbm1'),
];

/** OpenSSH, and programs that work over it. */
const SSH_NEEDS: readonly Need[] = [
  { what: 'ssh', package: 'openssh-client', present: () => spawnSync('ssh', ['-V']).status === 0 },
  { what: 'sshd', package: 'openssh-server', present: () => existsSync('/usr/sbin/sshd') },
  { what: 'rsync', package: 'rsync', present: () => runs('rsync') },
  { what: 'git', package: 'git', present: () => runs('git') },
  { what: 'ansible', package: 'ansible-core', present: () => runs('ansible') },
  {
    what: 'paramiko for Python',
    package: 'python3-paramiko',
    present: () => spawnSync('/usr/bin/python3', ['-c', 'import paramiko']).status === 0,
  },
  { what: 'vim', package: 'vim', present: () => runs('vim') },
];

const NEEDS: readonly Need[] = [
  ...SSH_NEEDS,
  { what: 'psql', package: 'postgresql-client', present: () => runs('psql') },
  { what: 'pg_dump', package: 'postgresql-client', present: () => runs('pg_dump') },
  { what: 'pgbench', package: 'postgresql', present: () => runs('pgbench') },
  {
    what: 'a PostgreSQL server of the system',
    package: 'postgresql',
    present: () => runs('postgres') || debianServer() !== undefined,
  },
  ...(process.platform === 'linux' ? DESKTOP_NEEDS : []),
];

/** Debian keeps its servers outside PATH. */
function debianServer(): string | undefined {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  return versions.map((version) => join('/usr/lib/postgresql', version, 'bin/postgres')).find(runs);
}

/** Installs what is missing where that can be done without asking. @returns whether everything is there now. */
export async function ensureSystemNeeds(): Promise<boolean> {
  let missing = NEEDS.filter((need) => !need.present());
  if (missing.length === 0) return true;
  let packages = names(missing);
  if (process.getuid?.() === 0 && isDebianLike()) {
    process.stderr.write(`Installing ${packages.join(', ')} for the tests …\n`);
    // RUNLEVEL=1 keeps the package from starting a server of its own.
    const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    await runCommand('apt-get', ['update', '-qq'], env);
    // Which of two names a release has, only its package lists tell.
    packages = names(missing);
    await runCommand('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], env);
    missing = NEEDS.filter((need) => !need.present());
    if (missing.length === 0) return true;
  }
  process.stderr.write(
    `The tests need ${missing.map((need) => need.what).join(', ')}. Install them and run the tests again:\n\n`,
  );
  process.stderr.write(`  ${installCommand(packages)}\n\n`);
  return false;
}

/** Packages that have what is missing, each once, by the name that this system's package lists have. */
function names(missing: readonly Need[]): string[] {
  const known = (name: string) => spawnSync('apt-cache', ['show', name], { stdio: 'ignore' }).status === 0;
  const one = (name: Need['package']) => {
    if (typeof name === 'string') return name;
    return known(name[0]) ? name[0] : name[1];
  };
  return [...new Set(missing.map((need) => one(need.package)))];
}

function installCommand(packages: readonly string[]): string {
  if (process.platform === 'darwin')
    return 'brew install postgresql@18 ansible && brew link postgresql@18 && /usr/bin/python3 -m pip install paramiko';
  if (existsSync('/etc/fedora-release'))
    return 'sudo dnf install postgresql postgresql-server postgresql-contrib openssh-server openssh-clients rsync git ansible-core python3-paramiko vim';
  return `sudo apt-get install ${packages.join(' ')}`;
}

function isDebianLike(): boolean {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}
