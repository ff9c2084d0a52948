import { type ChildProcess, spawn } from 'node:child_process';
import { connectionSettings, type Tunnel } from '@drawbridge/gateway-client';
import type { Outcome } from '../../demo/person.ts';

/** A client program that runs. */
export interface RunningClient {
  readonly ended: Promise<Outcome>;
  /** Resolves once its standard output holds the text so many times. @throws Error when it ends before that. */
  says(text: string, times?: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

export interface ClientOptions {
  /** What it reads from its standard input; nothing when absent. */
  readonly input?: string;
  /** Shown as the client's name in the list of sessions. */
  readonly name?: string;
}

/** Programs that nobody here wrote, led through a tunnel by the variables that libpq reads. */
export class NativeClients {
  readonly #running = new Set<ChildProcess>();

  start(
    tunnel: Tunnel,
    program: string,
    args: readonly string[],
    options: ClientOptions = {},
  ): RunningClient {
    const foreign = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
    const child = spawn(program, args, {
      env: {
        ...Object.fromEntries(foreign),
        ...connectionSettings(tunnel).env,
        LC_ALL: 'C.UTF-8',
        TZ: 'UTC',
        ...(options.name === undefined ? {} : { PGAPPNAME: options.name }),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    let stdout = '';
    let stderr = '';
    const listeners = new Set<() => void>();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      for (const listener of listeners) listener();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = new Promise<Outcome>((resolve) => {
      child.once('error', (error) => resolve({ status: 127, stdout, stderr: error.message }));
      child.once('close', (code, signal) =>
        resolve({ status: code ?? (signal === null ? 1 : 128), stdout, stderr }),
      );
    }).finally(() => this.#running.delete(child));
    return {
      ended,
      says: (text, times = 1) =>
        new Promise<void>((resolve, reject) => {
          const look = () => {
            if (stdout.split(text).length <= times) return;
            listeners.delete(look);
            resolve();
          };
          listeners.add(look);
          look();
          void ended.then(() => reject(new Error(`It ended without saying "${text}".\n${stdout}${stderr}`)));
        }),
      signal: (signal) => void child.kill(signal),
    };
  }

  /** Runs a program to its end. */
  run(
    tunnel: Tunnel,
    program: string,
    args: readonly string[],
    options: ClientOptions = {},
  ): Promise<Outcome> {
    return this.start(tunnel, program, args, options).ended;
  }

  /** `psql` with a script, as one writes it; without anybody's settings. */
  psql(
    tunnel: Tunnel,
    script: string,
    options: Omit<ClientOptions, 'input'> & { readonly flags?: readonly string[] } = {},
  ) {
    return this.run(tunnel, 'psql', ['-X', '-q', ...(options.flags ?? [])], { ...options, input: script });
  }

  /** Ends what still runs. */
  async end(): Promise<void> {
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
}
