import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './root.ts';

/** Runs a program from the checkout's root, its output going where ours goes. @returns its exit status; 1 if a signal ended it. */
export async function runCommand(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      resolve(1);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Runs the command of an installed package, without `npx`, which might go and look for it elsewhere. */
export const runTool = (
  name: string,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<number> => runCommand(join(root, 'node_modules', '.bin', name), args, env);

/** Runs a program and shows nothing of it, unless it fails. @throws Error with what it said when it fails. */
export async function runQuietly(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000);
    });
  }
  await new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${program} can't be started: ${error.message}`)));
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args[0] ?? ''} failed (${code ?? 'killed'}):\n${said.trim()}`));
    });
  });
}
