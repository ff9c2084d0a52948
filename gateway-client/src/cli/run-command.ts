import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { ClientError } from '../client-error.ts';

const FORWARDED = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Runs a command in the foreground as a shell would: its streams are ours, signals sent to us are passed
 * on, and what comes back is its exit status (128 + signal where a signal ended it).
 *
 * A Ctrl-C on the terminal goes to the whole foreground process group, so the command has it already and
 * we only survive it. Without a terminal nobody but the sender of a SIGINT knows us, and it is passed on.
 *
 * @param hint what to do where it can't be started
 * @throws ClientError `command_failed`
 */
export function runCommand(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  hint = 'Without a command, `drawbridge connect` shows what to put into any client.',
): Promise<number> {
  const [file = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', env });
    const forward = (signal: NodeJS.Signals) => child.kill(signal);
    const keyboard = hasTerminal() ? () => undefined : forward;
    for (const signal of FORWARDED) process.on(signal, forward);
    for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, keyboard);
    const settle = () => {
      for (const signal of FORWARDED) process.off(signal, forward);
      for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.off(signal, keyboard);
    };
    child.once('error', (error: NodeJS.ErrnoException) => {
      settle();
      const why =
        error.code === 'ENOENT'
          ? `${file} is not installed or not in PATH`
          : `${file} can't be started (${error.code ?? error.message})`;
      reject(new ClientError('command_failed', why, hint));
    });
    child.once('exit', (status, signal) => {
      settle();
      resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/** Whether there is a controlling terminal, whatever stdin is. */
function hasTerminal(): boolean {
  if (process.platform === 'win32') return true;
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
