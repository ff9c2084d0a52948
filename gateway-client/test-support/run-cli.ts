import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  readonly done: Promise<CliResult>;
}

/** The CLI as a process of its own. Colour and the caller's own state are off unless `env` says otherwise. */
export function startCli(home: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningCli {
  const { DRAWBRIDGE_GATEWAY: _gateway, FORCE_COLOR: _color, DISPLAY: _display, PGSERVICE: _service, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', main, ...args], {
    env: { ...inherited, NO_COLOR: '1', DRAWBRIDGE_HOME: home, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const done = once(child, 'close').then(([status]): CliResult => ({ status: status as number | null, stdout, stderr }));
  return { child, stdout: () => stdout, stderr: () => stderr, done };
}

export async function runCli(home: string, args: readonly string[], options: { readonly env?: NodeJS.ProcessEnv; readonly input?: string } = {}): Promise<CliResult> {
  const { child, done } = startCli(home, args, options.env);
  child.stdin?.end(options.input ?? '');
  return done;
}
