import { constants } from 'node:os';
import type { IDisposable, IPty } from '@lydell/node-pty';
import { AppError } from '../app-error.ts';
import type { ProcessEvents, TerminalProcess } from './terminal-process.ts';

/** The part of node-pty that starts a program. */
export type SpawnPty = typeof import('@lydell/node-pty').spawn;

export interface LocalShellParts {
  readonly spawn: SpawnPty;
  readonly platform: NodeJS.Platform;
  /** The person's shell, as their account names it. */
  readonly shell: string | undefined;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  readonly size: { readonly columns: number; readonly rows: number };
  readonly environment: TerminalProcess['environment'];
}

/** The shell to start and its arguments, as the terminals of each platform do it. */
export function shellCommand(
  platform: NodeJS.Platform,
  shell: string | undefined,
): { readonly file: string; readonly args: string[] } {
  if (platform === 'win32') return { file: 'powershell.exe', args: ['-NoLogo'] };
  const file = shell === undefined || shell === '' ? '/bin/sh' : shell;
  // On macOS a terminal's shell is a login shell: there PATH is made.
  return { file, args: platform === 'darwin' ? ['-l'] : [] };
}

/** Starts the person's shell on this computer. @throws AppError `program_not_found` */
export function startLocalShell(parts: LocalShellParts, events: ProcessEvents): TerminalProcess {
  const { file, args } = shellCommand(parts.platform, parts.shell);
  let pty: BytePty;
  try {
    pty = parts.spawn(file, args, {
      name: 'xterm-256color',
      cols: parts.size.columns,
      rows: parts.size.rows,
      cwd: parts.home,
      env: parts.env,
      // Bytes: a character may be cut in two. Windows knows text only.
      encoding: parts.platform === 'win32' ? 'utf8' : null,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new AppError('program_not_found', `${file} could not be started (${why})`, undefined, {
      cause: error,
    });
  }
  return new LocalShell(pty, file, parts.environment, events);
}

/** As node-pty is without an encoding, which its types leave out: it speaks bytes, except on Windows. */
interface BytePty extends Omit<IPty, 'onData' | 'write'> {
  onData(listener: (data: string | Uint8Array) => void): IDisposable;
  write(data: string | Buffer): void;
}

class LocalShell implements TerminalProcess {
  readonly environment: TerminalProcess['environment'];
  readonly #pty: BytePty;
  readonly #file: string;
  readonly #listening: readonly IDisposable[];
  #over = false;

  constructor(
    pty: BytePty,
    file: string,
    environment: TerminalProcess['environment'],
    events: ProcessEvents,
  ) {
    this.#pty = pty;
    this.#file = file;
    this.environment = environment;
    this.#listening = [
      pty.onData((data) => events.output(typeof data === 'string' ? Buffer.from(data) : data)),
      pty.onExit(({ exitCode, signal }) => {
        this.#over = true;
        const name = signal === undefined || signal === 0 ? undefined : signalName(signal);
        events.ended({ status: 'exited', ...(name === undefined ? { code: exitCode } : { signal: name }) });
        for (const listener of this.#listening) listener.dispose();
      }),
    ];
  }

  /** The program in front, where it isn't the shell itself. */
  get foreground(): string | undefined {
    if (this.#over) return undefined;
    const { process } = this.#pty;
    const name = process.split(/[\\/]/).at(-1)?.replace(/^-/, '');
    return name === undefined || name === '' || this.#file.endsWith(name) ? undefined : name;
  }

  write(data: Uint8Array): void {
    if (!this.#over) this.#pty.write(Buffer.from(data));
  }

  resize({ columns, rows }: { readonly columns: number; readonly rows: number }): void {
    if (this.#over) return;
    try {
      this.#pty.resize(columns, rows);
    } catch {
      // Its terminal is closed already; that it ended is told in a moment.
    }
  }

  pause(): void {
    if (!this.#over) this.#pty.pause();
  }

  resume(): void {
    if (!this.#over) this.#pty.resume();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    // Without an argument it is SIGHUP where there are signals, as when a terminal's window is closed.
    this.#pty.kill();
    // Read to its end, so that it doesn't hang in a write.
    this.#pty.resume();
  }
}

function signalName(number: number): string {
  const entry = Object.entries(constants.signals).find(([, value]) => value === number);
  return entry?.[0] ?? `signal ${number}`;
}
