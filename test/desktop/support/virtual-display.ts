import { endProcess, startBound } from './bound-process.ts';

/** A screen that nobody sees. */
export interface VirtualDisplay {
  /** What the environment of a program on it needs. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts an X server without a screen on whatever display number is free. @throws Error when Xvfb is missing. */
export async function startVirtualDisplay(): Promise<VirtualDisplay> {
  const args = ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp', '-noreset'];
  const { child, line } = await startBound('Xvfb', args);
  return { env: { DISPLAY: `:${line}`, XDG_SESSION_TYPE: 'x11' }, stop: () => endProcess(child) };
}
