import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** A screen that nobody sees. */
export interface VirtualDisplay {
  /** What the environment of a program on it needs. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts an X server without a screen on whatever display number is free. @throws Error when Xvfb is missing. */
export async function startVirtualDisplay(): Promise<VirtualDisplay> {
  const args = ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp', '-noreset'];
  const child = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  const number = await firstLine(child, child.stdio[3] as Readable, 'Xvfb');
  return { env: { DISPLAY: `:${number}`, XDG_SESSION_TYPE: 'x11' }, stop: () => end(child) };
}

/** The first line that a program writes to a pipe. @throws Error when it ends before that. */
export async function firstLine(child: ChildProcess, pipe: Readable, name: string): Promise<string> {
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
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(killer);
}
