import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

/** A thing the tests need that npm doesn't bring. */
interface Need {
  readonly what: string;
  /** Debian's and Ubuntu's name of the package that has it. */
  readonly package: string;
  readonly present: () => boolean;
}

const runs = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

const NEEDS: readonly Need[] = [
  { what: 'psql', package: 'postgresql-client', present: () => runs('psql') },
  { what: 'pg_dump', package: 'postgresql-client', present: () => runs('pg_dump') },
  { what: 'pgbench', package: 'postgresql', present: () => runs('pgbench') },
  {
    what: 'a PostgreSQL server of the system',
    package: 'postgresql',
    present: () => runs('postgres') || debianServer() !== undefined,
  },
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
  const packages = [...new Set(missing.map((need) => need.package))];
  if (process.getuid?.() === 0 && isDebianLike()) {
    process.stderr.write(`Installing ${packages.join(', ')} for the tests …\n`);
    // RUNLEVEL=1 keeps the package from starting a server of its own.
    const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    await runCommand('apt-get', ['update', '-qq'], env);
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

function installCommand(packages: readonly string[]): string {
  if (process.platform === 'darwin') return 'brew install postgresql@18 && brew link postgresql@18';
  if (existsSync('/etc/fedora-release'))
    return 'sudo dnf install postgresql postgresql-server postgresql-contrib';
  return `sudo apt-get install ${packages.join(' ')}`;
}

function isDebianLike(): boolean {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}
