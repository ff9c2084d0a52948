import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { StringDecoder } from 'node:string_decoder';
import { type IPty, spawn as spawnPty } from '@lydell/node-pty';
import type { PseudoTtyInfo, ServerChannel } from 'ssh2';

export interface Terminal {
  readonly term: string;
  readonly columns: number;
  readonly rows: number;
}

/** A program that serves one channel. */
export interface ShellProcess {
  resize(columns: number, rows: number): void;
  signal(name: string): void;
}

interface ShellParts {
  readonly home: string;
  readonly channel: ServerChannel;
  /** A login shell where there is none. */
  readonly command: string | undefined;
  readonly terminal: Terminal | undefined;
}

export const terminalOf = (info: PseudoTtyInfo & { term?: string }): Terminal => ({
  term: info.term || 'xterm-256color',
  columns: info.cols || 80,
  rows: info.rows || 24,
});

/** Runs a shell or a command of the demo's host, on a PTY where the client asked for one. */
export function runShell(parts: ShellParts): ShellProcess {
  return parts.terminal === undefined ? runPiped(parts) : runOnTerminal(parts, parts.terminal);
}

/** What a fresh login has; nothing of our own environment. */
const environment = (home: string, term: string): Record<string, string> => ({
  HOME: home,
  USER: 'deploy',
  LOGNAME: 'deploy',
  SHELL: '/bin/sh',
  TERM: term,
  LANG: 'C.UTF-8',
  PATH: '/usr/local/bin:/usr/bin:/bin',
  PS1: 'deploy@build-box:\\w\\$ ',
  HISTFILE: '/dev/null',
});

function runOnTerminal({ home, channel, command }: ShellParts, terminal: Terminal): ShellProcess {
  const pty: IPty = spawnPty(
    'bash',
    command === undefined ? ['--norc', '--noprofile', '-i'] : ['-c', command],
    {
      name: terminal.term,
      cols: terminal.columns,
      rows: terminal.rows,
      cwd: home,
      env: environment(home, terminal.term),
      encoding: null,
    },
  );
  pty.onData((data) => {
    if (!channel.write(data)) pty.pause();
  });
  channel.on('drain', () => pty.resume());
  const decoder = new StringDecoder('utf8');
  channel.on('data', (data: Buffer) => pty.write(decoder.write(data)));
  channel.once('close', () => end(() => pty.kill('SIGHUP')));
  pty.onExit(({ exitCode, signal }) => {
    finish(channel, exitCode, signal === undefined || signal === 0 ? undefined : signalName(signal));
  });
  return {
    resize: (columns, rows) => end(() => pty.resize(columns, rows)),
    signal: (name) => end(() => pty.kill(`SIG${name}`)),
  };
}

function runPiped({ home, channel, command }: ShellParts): ShellProcess {
  const child: ChildProcess = spawn('/bin/sh', command === undefined ? [] : ['-c', command], {
    cwd: home,
    env: environment(home, 'dumb'),
  });
  const { stdin, stdout, stderr } = child;
  stdin?.on('error', () => undefined);
  if (stdin) channel.pipe(stdin);
  stdout?.pipe(channel, { end: false });
  stderr?.pipe(channel.stderr, { end: false });
  channel.once('close', () => end(() => child.kill('SIGHUP')));
  child.once('error', () => finish(channel, 127, undefined));
  child.once('close', (code, signal) => finish(channel, code ?? undefined, signal ?? undefined));
  return {
    resize: () => undefined,
    signal: (name) => end(() => child.kill(`SIG${name}` as NodeJS.Signals)),
  };
}

/** Whatever is done to a process that may be gone already. */
function end(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

function finish(channel: ServerChannel, code: number | undefined, signal: string | undefined): void {
  if (signal !== undefined) channel.exit(signal.replace(/^SIG/, ''), false, '');
  else channel.exit(code ?? 0);
  channel.end();
}

const signalName = (number: number): string =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? 'SIGTERM';
