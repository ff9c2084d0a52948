import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

interface CliResult {
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

export interface BuiltCli {
  /** The CLI as a process of its own. Colour and the caller's own state are off unless `env` says otherwise. */
  start(home: string, args: readonly string[], env?: NodeJS.ProcessEnv): RunningCli;
  run(
    home: string,
    args: readonly string[],
    options?: { readonly env?: NodeJS.ProcessEnv; readonly input?: string },
  ): Promise<CliResult>;
  remove(): Promise<void>;
}

/** Builds the CLI as it stands into one file, which starts in a fraction of the time that compiling on the fly takes. */
export async function buildCli(): Promise<BuiltCli> {
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-cli-'));
  const main = join(folder, 'dist', 'cli', 'main.js');
  const source = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
  await copyFile(source('package.json'), join(folder, 'package.json'));
  await build({
    entryPoints: [source('src/cli/main.ts')],
    outfile: main,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['source'],
    // What ssh2 speeds up with where it was compiled; it does without.
    external: ['cpu-features', '*.node'],
    // Some dependencies are CommonJS.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __dirname = import.meta.dirname;",
    },
    logLevel: 'error',
  });

  const start: BuiltCli['start'] = (home, args, env = {}) => {
    const {
      DRAWBRIDGE_GATEWAY: _gateway,
      FORCE_COLOR: _color,
      DISPLAY: _display,
      PGSERVICE: _service,
      ...inherited
    } = process.env;
    const child = spawn(process.execPath, [main, ...args], {
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
    const done = once(child, 'close').then(
      ([status]): CliResult => ({ status: typeof status === 'number' ? status : null, stdout, stderr }),
    );
    return { child, stdout: () => stdout, stderr: () => stderr, done };
  };
  return {
    start,
    run: (home, args, { env, input } = {}) => {
      const { child, done } = start(home, args, env);
      child.stdin?.end(input ?? '');
      return done;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
