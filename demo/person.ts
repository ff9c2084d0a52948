import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../scripts/root.ts';

/** What a command did. */
export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that still runs. */
export interface Running {
  /** Resolves once its standard output or error holds the text. @throws Error when it ends before that. */
  says(text: string): Promise<void>;
  readonly ended: Promise<Outcome>;
  kill(): void;
}

const CLI = join(root, 'gateway-client/dist/cli/main.js');
const SIGN_IN = join(root, 'demo/signin.ts');

/** Somebody at a computer of their own: runs the real `drawbridge` command with their own state. */
export class Person {
  readonly name: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #running = new Set<ChildProcess>();

  /** @param homes folder in which each person's DRAWBRIDGE_HOME is. */
  constructor(name: string, homes: string) {
    this.name = name;
    // Without settings of whoever runs the demo, whose own files and databases are none of its business.
    const own = Object.entries(process.env).filter(([key]) => !/^(DRAWBRIDGE_|PG)/.test(key));
    this.#env = { ...Object.fromEntries(own), DRAWBRIDGE_HOME: join(homes, name) };
  }

  /** Signs in at the identity provider as a browser would, by its forms. */
  signIn(gateway: string): Promise<Outcome> {
    return this.#start(['--import', 'tsx', SIGN_IN, this.name, '--gateway', gateway]).ended;
  }

  drawbridge(args: readonly string[]): Promise<Outcome> {
    return this.open(args).ended;
  }

  /** Starts a command and leaves it running. */
  open(args: readonly string[]): Running {
    return this.#start([CLI, ...args]);
  }

  /** Ends what this person still runs. */
  async leave(): Promise<void> {
    await Promise.all(
      [...this.#running].map(
        (child) =>
          new Promise((resolve) => {
            child.once('close', resolve);
            child.kill('SIGKILL');
          }),
      ),
    );
  }

  #start(args: readonly string[]): Running {
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    let stdout = '';
    let stderr = '';
    const listeners = new Set<() => void>();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      for (const listener of listeners) listener();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      for (const listener of listeners) listener();
    });
    const ended = new Promise<Outcome>((resolve) => {
      child.once('error', (error) => resolve({ status: 1, stdout, stderr: error.message }));
      child.once('close', (code) => resolve({ status: code ?? 1, stdout, stderr }));
    }).finally(() => this.#running.delete(child));
    const says = (text: string) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if (!stdout.includes(text) && !stderr.includes(text)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`It ended without saying "${text}".\n${stderr}`)));
      });
    return { says, ended, kill: () => child.kill('SIGKILL') };
  }
}
