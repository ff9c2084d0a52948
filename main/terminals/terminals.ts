import type { TerminalTarget } from '../ipc/contract.ts';
import type { TerminalSize } from '../ipc/terminal-port.ts';
import { Terminal, type TerminalParts, type TerminalPort } from './terminal.ts';
import type { StartProcess } from './terminal-process.ts';

/** A terminal in which something runs, for whoever asks before quitting. */
export interface OpenTerminal {
  readonly target: TerminalTarget;
  /** What runs in front, where that can be known. */
  readonly foreground: string | undefined;
}

interface Entry {
  readonly gateway: string;
  readonly target: TerminalTarget;
  readonly terminal: Terminal;
}

/** The terminals of all tabs, by gateway and tab. They live here, not in the page. */
export class Terminals {
  readonly #parts: Omit<TerminalParts, 'start'>;
  readonly #entries = new Map<string, Entry>();

  constructor(parts: Omit<TerminalParts, 'start'>) {
    this.#parts = parts;
  }

  get all(): OpenTerminal[] {
    return [...this.#entries.values()]
      .filter(({ terminal }) => terminal.running)
      .map(({ target, terminal }) => ({ target, foreground: terminal.foreground }));
  }

  /** Whether a shell on this computer runs for a gateway. */
  hasShell(gateway: string): boolean {
    return [...this.#entries.values()].some(
      (entry) => entry.gateway === gateway && entry.target.kind === 'shell' && entry.terminal.running,
    );
  }

  /** Shows the terminal of a tab; the first time it is made, of what `start` starts. */
  attach(
    tab: { readonly gateway: string; readonly id: string; readonly target: TerminalTarget },
    start: StartProcess,
    port: TerminalPort,
    size: TerminalSize,
  ): void {
    const key = keyOf(tab.gateway, tab.id);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const terminal = new Terminal({ ...this.#parts, start }, size);
      entry = { gateway: tab.gateway, target: tab.target, terminal };
      this.#entries.set(key, entry);
    }
    entry.terminal.attach(port, size);
  }

  /** The tab is closed: so is its terminal. */
  close(gateway: string, id: string): void {
    const key = keyOf(gateway, id);
    this.#entries.get(key)?.terminal.close();
    this.#entries.delete(key);
  }

  /** Closes those of one gateway, or all. */
  closeAll(gateway?: string): void {
    for (const [key, entry] of [...this.#entries]) {
      if (gateway !== undefined && entry.gateway !== gateway) continue;
      entry.terminal.close();
      this.#entries.delete(key);
    }
  }
}

const keyOf = (gateway: string, id: string): string => `${gateway}/${id}`;
