import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts';
import { PATIENCE, ServerFolder } from './server-folder.ts';
import { assertReachable } from './server-user.ts';

export interface EmbeddedServerOptions {
  /** Everything of this server lives here; created when missing. Belongs to the user that the server runs as. */
  readonly folder: string;
  /** Fixed port on 127.0.0.1; a free one is chosen at each start when absent. */
  readonly port?: number;
  /** Settings of postgresql.conf, e.g. `{ max_connections: 200 }`; they win over ours. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** PEM texts; with them the server speaks TLS to who asks for it. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** For data that may be lost with the machine, as in tests: nothing is flushed to the disk. */
  readonly throwaway?: boolean;
  /** Takes the server's own log, a line at a time. */
  readonly log?: (line: string) => void;
}

const SUPERUSER = 'postgres';
const HOST = '127.0.0.1';
/** How long a start may take, in ms: after a crash the server first plays back its log. */
const START_TIMEOUT = 120_000;
/** How often another port is tried when somebody takes the chosen one in between. */
const PORT_ATTEMPTS = 5;

/**
 * A PostgreSQL server that this process owns: reachable on 127.0.0.1 with a password only, and gone with its owner.
 * Should the owner die without stopping it, a watcher process shuts it down in order, and a start on the same folder
 * stops whatever that left behind.
 */
export class EmbeddedServer {
  readonly host = HOST;
  readonly port: number;
  readonly superuser = SUPERUSER;
  /** Resolves when the server has ended, by `stop` or by itself. */
  readonly exited: Promise<void>;

  readonly #process: ChildProcess;
  readonly #folder: ServerFolder;
  readonly #password: string;

  private constructor(started: RunningServer, folder: ServerFolder, password: string) {
    this.port = started.port;
    this.#process = started.process;
    this.#folder = folder;
    this.#password = password;
    const lifeline = watch(started.process, folder);
    this.exited = hasExited(started.process).then(async () => {
      lifeline.kill('SIGKILL');
      await hasExited(lifeline);
      await folder.release();
    });
  }

  /**
   * Starts the server; makes its data first where there is none (about a second).
   * @throws Error that says what to do: folder in use or not reachable, no binaries for the platform, port taken.
   */
  static async start(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
    const binaries = await postgresBinaries();
    const folder = await ServerFolder.take(options.folder);
    try {
      if (folder.user) {
        await assertReachable(binaries.postgres, folder.user);
        await assertReachable(folder.path, folder.user);
      }
      const password = await initialise(binaries, folder, options);
      return new EmbeddedServer(await launch(binaries, folder, options), folder, password);
    } catch (error) {
      await folder.release();
      throw error;
    }
  }

  /** Connection string of the superuser to a database. Holds the password: not to be logged. */
  url(database = 'postgres'): string {
    return superuserUrl(this.#password, this.port, database);
  }

  /** Ends all connections and shuts down in order; less gently where that takes too long. Safe to call again. */
  async stop(): Promise<void> {
    for (const [signal, patience] of [
      ['SIGINT', PATIENCE.fast],
      ['SIGQUIT', PATIENCE.immediate],
    ] as const) {
      this.#process.kill(signal);
      if (await within(patience, this.exited)) return;
    }
    this.#process.kill('SIGKILL');
    await this.exited;
  }

  /** Where the server's files are. */
  get folder(): string {
    return this.#folder.path;
  }
}

/** Connection string of the superuser to a database of an embedded server. Not to be logged. */
export function superuserUrl(password: string, port: number, database: string): string {
  return `postgres://${SUPERUSER}:${password}@${HOST}:${port}/${encodeURIComponent(database)}`;
}

interface RunningServer {
  readonly process: ChildProcess;
  readonly port: number;
}

/** Nothing of our own environment: PG* variables would change where and how the programs work. */
const environment = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** Makes the cluster where there is none. @returns the superuser's password. */
async function initialise(
  binaries: PostgresBinaries,
  folder: ServerFolder,
  options: EmbeddedServerOptions,
): Promise<string> {
  if (!(await exists(folder.cluster))) {
    // Made aside and moved into place: a cluster that is there is whole, whenever a crash comes.
    const draft = join(folder.path, 'cluster.new');
    await rm(draft, { recursive: true, force: true });
    await rm(folder.passwordFile, { force: true });
    await mkdir(draft, { mode: 0o700 });
    await folder.giveToServer(draft, 0o700);
    await writeFile(folder.passwordFile, `${randomBytes(32).toString('base64url')}\n`, {
      mode: 0o600,
      flag: 'wx',
    });
    await folder.giveToServer(folder.passwordFile, 0o600);
    const flags = [
      `--pgdata=${draft}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${folder.passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // PostgreSQL's own C.UTF-8: sorts alike on every system, whatever its C library.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(options.throwaway ? ['--no-sync'] : []),
    ];
    await runToEnd(binaries.initdb, flags, folder);
    await rename(draft, folder.cluster);
  }
  const { mode } = await stat(folder.passwordFile);
  if ((mode & 0o077) !== 0) {
    throw new Error(
      `${folder.passwordFile} may be read by other users. Run "chmod 600 ${folder.passwordFile}".`,
    );
  }
  return (await readFile(folder.passwordFile, 'utf8')).trim();
}

async function launch(
  binaries: PostgresBinaries,
  folder: ServerFolder,
  options: EmbeddedServerOptions,
): Promise<RunningServer> {
  const settings: Record<string, string | number | boolean> = {
    listen_addresses: HOST,
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Statements may hold what must not be in a log.
    log_min_error_statement: 'panic',
    // Little to play back after a crash.
    max_wal_size: '256MB',
    ...(options.throwaway ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
    ...(options.tls ? await placeCertificate(folder, options.tls) : {}),
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const failure = await tryLaunch(binaries, folder, ['-p', String(port), ...flags], options.log);
    if (typeof failure !== 'string') return { process: failure, port };
    const taken = /could not bind|Address already in use/i.test(failure);
    if (taken && options.port === undefined && attempt < PORT_ATTEMPTS) continue;
    const hint = taken ? ` Port ${port} is taken: give another one.` : '';
    throw new Error(`The embedded PostgreSQL in ${folder.path} did not start.${hint}\n${failure}`);
  }
}

/** @returns the process once it serves, or what it said when it ended instead. */
async function tryLaunch(
  binaries: PostgresBinaries,
  folder: ServerFolder,
  flags: readonly string[],
  log: ((line: string) => void) | undefined,
): Promise<ChildProcess | string> {
  const child = spawn(binaries.postgres, ['-D', folder.cluster, ...flags], {
    ...folder.user,
    cwd: folder.path,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    // Its own process group: Ctrl-C on a terminal is for us, and we stop it when we are done with it.
    detached: true,
  });
  const said: string[] = [];
  const ready = new Promise<ChildProcess>((resolve) => {
    // Read to the end of its life: a full pipe would block the server.
    createInterface({ input: child.stderr }).on('line', (line) => {
      log?.(line);
      if (said.length < 40) said.push(line);
      if (line.includes('database system is ready to accept connections')) resolve(child);
    });
  });
  const failed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(said.join('\n')));
  });
  const outcome = Promise.race([ready, failed]);
  if (await within(START_TIMEOUT, outcome)) return outcome;
  child.kill('SIGKILL');
  return `It was not ready within ${START_TIMEOUT / 1000} s.\n${await failed}`;
}

/**
 * A process that waits for our end of a pipe to close, which it does however we die, and then shuts the server down.
 * PostgreSQL itself would go on serving nobody.
 */
function watch(server: ChildProcess, folder: ServerFolder): ChildProcess {
  const watcher = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$0"', String(server.pid)], {
    ...folder.user,
    cwd: '/',
    env: environment,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watcher.on('error', () => undefined);
  watcher.stdin?.on('error', () => undefined);
  return watcher;
}

async function placeCertificate(
  folder: ServerFolder,
  tls: { cert: string; key: string },
): Promise<Record<string, string>> {
  const files = { cert: join(folder.path, 'server.crt'), key: join(folder.path, 'server.key') };
  for (const part of ['cert', 'key'] as const) {
    await rm(files[part], { force: true });
    await writeFile(files[part], tls[part], { mode: 0o600, flag: 'wx' });
    await folder.giveToServer(files[part], 0o600);
  }
  return { ssl: 'on', ssl_cert_file: files.cert, ssl_key_file: files.key };
}

async function runToEnd(program: string, flags: readonly string[], folder: ServerFolder): Promise<void> {
  const child = spawn(program, flags, {
    ...folder.user,
    cwd: folder.path,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += String(chunk);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`${program} failed (${signal ?? `status ${code}`}):\n${said.trim()}`);
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, HOST);
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.');
  return address.port;
}

async function hasExited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
    await once(child, 'exit');
}

/** @returns whether it came to an end in time; `false` else. */
async function within(ms: number, end: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([end.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
