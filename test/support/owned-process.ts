import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface OwnedProcess {
  readonly child: ChildProcess;
  /** What it wrote to standard error so far, the beginning of it. */
  readonly said: string;
  /** Ends it and waits for that. */
  stop(): Promise<void>;
}

export interface OwnedProcessOptions {
  /** What it writes to standard error once it serves. */
  readonly ready: string;
  readonly signal: 'INT' | 'TERM';
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
}

const LOG_LIMIT = 1_000_000;

/**
 * Runs a server of the system under a shell that ends it once our end of a pipe is closed, which it is however we die.
 * @throws Error with what the server said when it doesn't start.
 */
export async function startOwned(
  program: string,
  flags: readonly string[],
  { ready, signal, ...options }: OwnedProcessOptions,
): Promise<OwnedProcess> {
  const script = `"$@" & server=$!; { read -r _; kill -${signal} "$server"; } <&3 & waiter=$!; wait "$server"; kill "$waiter" 2>&-; exit 0`;
  const child = spawn('/bin/sh', ['-c', `exec 3<&0 </dev/null; ${script}`, 'sh', program, ...flags], {
    ...options,
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  child.stdin?.on('error', () => undefined);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < LOG_LIMIT) said += text;
      if (said.includes(ready)) resolve();
    });
    child.once('close', () => reject(new Error(`The server did not start.\n${said}`)));
  });
  return {
    child,
    get said() {
      return said;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.stdin?.end();
      await exited;
    },
  };
}
