import type { TerminalSize, TerminalStatus } from '../ipc/terminal-port.ts';

/** How a program ended; what the person ended is told apart by whoever they told. */
export type TerminalEnd = Extract<TerminalStatus, { status: 'exited' | 'ended' | 'lost' }>;

/** What a program says. Nothing follows `ended`. */
export interface ProcessEvents {
  output(data: Uint8Array): void;
  ended(end: TerminalEnd): void;
}

/** A program that runs on a terminal. */
export interface TerminalProcess {
  /** Whose `PG…` variables it has, if anybody's. */
  readonly environment: { readonly resource: string; readonly profile: string } | undefined;
  /** What runs in front, where that can be known. */
  readonly foreground: string | undefined;
  write(data: Uint8Array): void;
  resize(size: TerminalSize): void;
  /** Stops reading what it writes, so that it has to wait. */
  pause(): void;
  resume(): void;
  /** Hangs up. */
  end(): void;
}

/** Starts a program on a terminal of this size. Rejects where it can't be started, and when `signal` aborts before it is. */
export type StartProcess = (
  size: TerminalSize,
  events: ProcessEvents,
  signal: AbortSignal,
) => Promise<TerminalProcess>;
