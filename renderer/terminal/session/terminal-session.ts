import {
  TERMINAL_INPUT,
  type TerminalEvent,
  type TerminalRequest,
  type TerminalSize,
  type TerminalStatus,
} from '../../../main/ipc/terminal-port.ts';
import { CallError } from '../../state/bridge.ts';

/** The part of a MessagePort that a terminal needs. */
export interface SessionPort {
  postMessage(request: TerminalRequest): void;
  onmessage: ((event: MessageEvent<TerminalEvent>) => void) | null;
  close(): void;
}

/** Where output goes. `shown` is called once it is on the screen. */
export interface SessionScreen {
  write(data: Uint8Array, shown: () => void): void;
  /** Empty, as if nothing had ever been written. */
  reset(): void;
}

export interface SessionParts {
  /** Asks main for the terminal of this tab. @throws CallError */
  readonly attach: (size: TerminalSize, signal: AbortSignal) => Promise<SessionPort>;
  readonly screen: SessionScreen;
}

/**
 * A tab's line to its terminal in the main process. Acknowledges output once it is on the screen, so that a program
 * that writes faster than the screen shows has to wait.
 */
export class TerminalSession {
  readonly #parts: SessionParts;
  readonly #listeners = new Set<() => void>();
  readonly #ending = new AbortController();
  #port: SessionPort | undefined;
  #status: TerminalStatus = { status: 'connecting' };
  #replaying = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get status(): TerminalStatus {
    return this.#status;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks main for the terminal: the one that runs already, with what it last wrote, or a new one. */
  async attach(size: TerminalSize): Promise<void> {
    const { signal } = this.#ending;
    try {
      const port = await this.#parts.attach(size, signal);
      if (signal.aborted) return port.close();
      this.#port = port;
      port.onmessage = ({ data }) => this.#receive(data);
    } catch (error) {
      if (!signal.aborted) this.#set(refusal(error));
    }
  }

  /** What was typed or pasted. */
  input(text: string): void {
    this.#input(new TextEncoder().encode(text));
  }

  /** Bytes that are no text: reports of the mouse in its oldest form, a character for each byte. */
  inputBytes(bytes: string): void {
    this.#input(Uint8Array.from(bytes, (character) => character.charCodeAt(0) & 0xff));
  }

  resize({ columns, rows }: TerminalSize): void {
    this.#port?.postMessage({ type: 'resize', columns, rows });
  }

  /** Starts the program anew; asks main again where that failed. */
  connect(size: TerminalSize): void {
    if (this.#port === undefined) {
      this.#set({ status: 'connecting' });
      void this.attach(size);
    } else this.#port.postMessage({ type: 'connect' });
  }

  /** Ends the program; what it wrote stays. */
  end(): void {
    this.#port?.postMessage({ type: 'end' });
  }

  /** Leaves the terminal, which goes on in main until its tab is closed. */
  dispose(): void {
    this.#ending.abort();
    this.#port?.close();
    this.#port = undefined;
    this.#listeners.clear();
  }

  #receive(event: TerminalEvent): void {
    switch (event.type) {
      case 'attached':
        this.#replay(event.replay);
        this.#set(event.status);
        return;
      case 'output': {
        const { data } = event;
        const port = this.#port;
        this.#parts.screen.write(data, () => port?.postMessage({ type: 'ack', bytes: data.byteLength }));
        return;
      }
      case 'status':
        this.#set(event.status);
        return;
      default:
        event satisfies never;
    }
  }

  #replay(data: Uint8Array): void {
    this.#parts.screen.reset();
    if (data.byteLength === 0) return;
    // Questions in it (what are you, where is the cursor) were answered long ago: an answer now would be typed.
    this.#replaying = true;
    this.#parts.screen.write(data, () => {
      this.#replaying = false;
    });
  }

  #input(data: Uint8Array): void {
    if (this.#replaying || this.#status.status !== 'live') return;
    for (let at = 0; at < data.byteLength; at += TERMINAL_INPUT)
      this.#port?.postMessage({ type: 'input', data: data.slice(at, at + TERMINAL_INPUT) });
  }

  #set(status: TerminalStatus): void {
    this.#status = status;
    for (const listener of this.#listeners) listener();
  }
}

function refusal(error: unknown): TerminalStatus {
  if (!(error instanceof CallError))
    return { status: 'refused', code: 'internal', message: 'The terminal could not be opened.' };
  const { code, message, hint } = error;
  return { status: 'refused', code, message, ...(hint === undefined ? {} : { hint }) };
}
