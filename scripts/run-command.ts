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
