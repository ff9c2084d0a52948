import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { DocumentInput } from '@drawbridge/contract';
import { Cli } from './cli.ts';
import { SignedIn } from './signed-in.ts';
import { type SshServer, startSshServer } from './ssh-server.ts';
import { startTestDemo, type TestDemo } from './test-demo.ts';

/** What a program did. Its output is bytes: what goes through SSH need not be text. */
export interface SshOutcome {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A program that runs. */
export interface RunningProgram {
  readonly child: ChildProcess;
  readonly ended: Promise<SshOutcome>;
  /** Bytes of its standard output so far. */
  said(): number;
  /** What it said so far. */
  stdout(): string;
  stderr(): string;
}

export interface StartOptions {
  readonly input?: string | Buffer;
  /** Leaves its standard input open. */
  readonly open?: boolean;
  /** Only counts its standard output: what never stops talking would fill our memory, and keep us from looking at the clock. */
  readonly counted?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A demo, OpenSSH's own server behind its gateway as resource `openssh`, and Alice with OpenSSH's clients set up. */
export interface SshWorld {
  readonly demo: TestDemo;
  readonly server: SshServer;
  readonly cli: Cli;
  readonly alice: SignedIn;
  readonly carol: SignedIn;
  readonly erin: SignedIn;
  /** The file that `drawbridge ssh-config` wrote. */
  readonly config: string;
  /** Any program of this machine, with Alice's `DRAWBRIDGE_HOME`. */
  start(program: string, args: readonly string[], options?: StartOptions): RunningProgram;
  run(program: string, args: readonly string[], options?: StartOptions): Promise<SshOutcome>;
  /** `ssh -F config …`. */
  ssh(...args: readonly string[]): Promise<SshOutcome>;
  stop(): Promise<void>;
}

export const OPENSSH = 'openssh';
/** A host name as OpenSSH's clients know it. */
export const hostOf = (profile: string) => `${profile}.${OPENSSH}.drawbridge`;
export const HOST = hostOf('shell');

/** @param documents applied beside the resource */
export async function startSshWorld(documents: readonly DocumentInput[] = []): Promise<SshWorld> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (let next = stops.pop(); next; next = stops.pop()) await next();
  };
  try {
    const server = await startSshServer();
    stops.push(() => server.stop());
    const demo = await startTestDemo();
    stops.push(() => demo.stop());
    const at = (name: string) => SignedIn.at(demo.demo.url, name);
    const [alice, carol, erin] = [await at('alice'), await at('carol'), await at('erin')];
    await erin.api.call('apply', { body: { documents: [openSsh(server), ...documents] } });
    await alice.gets(OPENSSH, { profile: 'shell', seconds: 3600 });
    const cli = await Cli.signedIn(demo.demo.url, 'alice');
    stops.push(() => cli.remove());
    const written = await cli.run(['ssh-config']);
    if (written.status !== 0) throw new Error(`No ssh-config.\n${written.stderr}`);
    const programs = new Programs(cli.home);
    stops.push(() => programs.end());
    const config = join(cli.home, 'ssh', 'config');
    const run: SshWorld['run'] = (...call) => programs.start(...call).ended;
    return {
      ...{ demo, server, cli, alice, carol, erin, config, run, stop },
      start: (...call) => programs.start(...call),
      ssh: (...args) => run('ssh', ['-F', config, ...args]),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Its resource: `shell` may do all but forward, `write` that too, `files` only read files. */
export function openSsh(
  server: SshServer,
  rest: { readonly name?: string; readonly hostKey?: string } = {},
): DocumentInput {
  const credential = { username: server.username, privateKey: { value: server.userKey.privateKey } };
  const within = ['ssh.shell', 'ssh.exec', 'ssh.unanalyzable', 'ssh.sftp.read', 'ssh.sftp.write'] as const;
  return {
    kind: 'Resource',
    name: rest.name ?? OPENSSH,
    protocol: 'ssh',
    labels: { env: 'staging' },
    target: { host: server.host, port: server.port, hostKeys: [rest.hostKey ?? server.hostKey] },
    profiles: {
      shell: { credential, allow: [...within] },
      write: { credential, allow: [...within, 'ssh.forward'] },
      files: { credential, allow: ['ssh.sftp.read'] },
    },
  };
}

/** Programs in a process group of their own each; what still runs ends with the world. */
class Programs {
  readonly #home: string;
  readonly #running = new Set<ChildProcess>();

  constructor(home: string) {
    this.#home = home;
  }

  start(program: string, args: readonly string[], options: StartOptions = {}): RunningProgram {
    const own = Object.entries(process.env).filter(([name]) => !/^(DRAWBRIDGE_|SSH_|npm_)/.test(name));
    const child = spawn(program, args, {
      env: { ...Object.fromEntries(own), LC_ALL: 'C.UTF-8', ...options.env, DRAWBRIDGE_HOME: this.#home },
      stdio: 'pipe',
      detached: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    this.#running.add(child);
    child.stdin.on('error', () => undefined);
    if (options.input !== undefined) child.stdin.write(options.input);
    if (!options.open) child.stdin.end();
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let said = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.length;
      if (!options.counted) out.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    const closed = once(child, 'close').then(([status]) => status as number | null);
    const ended = closed
      .then((status) => ({ status, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString() }))
      .finally(() => this.#running.delete(child));
    return {
      child,
      ended,
      said: () => said,
      stdout: () => Buffer.concat(out).toString(),
      stderr: () => Buffer.concat(err).toString(),
    };
  }

  async end(): Promise<void> {
    for (const child of [...this.#running]) {
      const closed = once(child, 'close');
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await closed;
    }
  }
}
