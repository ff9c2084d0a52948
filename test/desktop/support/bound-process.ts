import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/**
 * Starts a program that tells by a line on its descriptor 3 that it is ready. The kernel ends it with us, however we
 * end (setpriv(1) is part of util-linux). @throws Error when it is missing or ends before that.
 */
export async function startBound(
  program: string,
  args: readonly string[],
): Promise<{ readonly child: ChildProcess; readonly line: string }> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  return { child, line: await firstLine(child, child.stdio[3] as Readable, program) };
}

/** The first line that a program writes to a pipe. @throws Error when it ends before that. */
async function firstLine(child: ChildProcess, pipe: Readable, name: string): Promise<string> {
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  let said = '';
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${name} can't be started: ${error.message}`)));
    child.once('exit', () => reject(new Error(`${name} ended before it was ready.\n${errors}`)));
    pipe.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const line = said.split('\n', 1)[0];
      if (said.includes('\n') && line !== undefined) resolve(line.trim());
    });
  });
}

/** Ends a program and waits until it is gone. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(killer);
}
