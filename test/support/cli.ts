import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/root.ts';

/** What a command did. `signal` where one ended it. */
export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface RunningCommand {
  readonly pid: number;
  readonly ended: Promise<Outcome>;
  readonly stdout: string;
  readonly stderr: string;
  kill(signal: NodeJS.Signals): void;
}

export interface CommandOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const CLI = join(root, 'gateway-client/dist/cli/main.js');

/** The built `drawbridge` command with a `DRAWBRIDGE_HOME` of its own, without a terminal, as a script has it. */
export class Cli {
  readonly home: string;
  readonly #running = new Set<ChildProcess>();

  private constructor(home: string) {
    this.home = home;
  }

  static async create(): Promise<Cli> {
    return new Cli(await mkdtemp(join(tmpdir(), 'drawbridge-cli-')));
  }

  /** Signed in as one of the demo's people, by `npm run demo:signin`. */
  static async signedIn(gateway: string, person: string): Promise<Cli> {
    const cli = await Cli.create();
    const outcome = await cli.signIn(gateway, person);
    if (outcome.status === 0) return cli;
    await cli.remove();
    throw new Error(`${person} could not sign in.\n${outcome.stderr}`);
  }

  signIn(gateway: string, person: string): Promise<Outcome> {
    return this.start('npm', ['run', '-s', 'demo:signin', '--', person, '--gateway', gateway]).ended;
  }

  run(args: readonly string[], options?: CommandOptions): Promise<Outcome> {
    return this.open(args, options).ended;
  }

  open(args: readonly string[], options?: CommandOptions): RunningCommand {
    return this.start(process.execPath, [CLI, ...args], options);
  }

  /** Any command, with the home and without what else stands in our environment. */
  start(file: string, args: readonly string[], { input, env }: CommandOptions = {}): RunningCommand {
    const own = Object.entries(process.env).filter(([name]) => !/^(DRAWBRIDGE_|PG|npm_)/.test(name));
    const child = spawn(file, args, {
      cwd: root,
      env: { ...Object.fromEntries(own), ...env, DRAWBRIDGE_HOME: this.home },
      stdio: 'pipe',
      // No terminal of ours either: signals are what a test sends, and to whom.
      detached: true,
    });
    this.#running.add(child);
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = once(child, 'close').then(([status, signal]) => {
      this.#running.delete(child);
      return { status: status as number | null, signal: signal as NodeJS.Signals | null, stdout, stderr };
    });
    return {
      pid: child.pid ?? 0,
      ended,
      get stdout() {
        return stdout;
      },
      get stderr() {
        return stderr;
      },
      kill: (signal) => child.kill(signal),
    };
  }

  /** Ends what still runs, with all its children, and removes the home. */
  async remove(): Promise<void> {
    for (const child of [...this.#running]) {
      const closed = once(child, 'close');
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await closed;
    }
    await rm(this.home, { recursive: true, force: true });
  }
}
