import type { MainClock } from '../clock.ts';
import type { IpcFailure } from '../ipc/contract.ts';
import type { TerminalEvent, TerminalRequest, TerminalSize, TerminalStatus } from '../ipc/terminal-port.ts';
import { Backlog } from './backlog.ts';
import { OutputFlow } from './output-flow.ts';
import { endingText, terminalLine, timeOfDay } from './terminal-line.ts';
import type { StartProcess, TerminalProcess } from './terminal-process.ts';
import { TerminalRequestSchema } from './terminal-request.ts';

/** Bytes kept of what was written, for a page that comes back. */
const KEPT = 256 * 1024;

/** Main's end of a terminal's MessagePort. */
export interface TerminalPort {
  send(event: TerminalEvent): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

export interface TerminalParts {
  readonly start: StartProcess;
  readonly clock: Pick<MainClock, 'now'>;
  /** Why a program did not start, in words for the person. */
  readonly failure: (error: unknown) => IpcFailure;
  readonly soon: (task: () => void) => void;
}

/**
 * A terminal: a program and what it last wrote. It goes on without a page, as when the page crashed or another
 * gateway is in front, and ends when its tab is closed.
 */
export class Terminal {
  readonly #parts: TerminalParts;
  readonly #backlog = new Backlog(KEPT);
  readonly #flow: OutputFlow;
  #size: TerminalSize;
  #status: TerminalStatus = { status: 'connecting' };
  #process: TerminalProcess | undefined;
  #attempt: AbortController | undefined;
  #port: TerminalPort | undefined;
  #before = false;
  /** Counts up with all that a page is told. */
  #changes = 0;

  /** Starts the program at once. */
  constructor(parts: TerminalParts, size: TerminalSize) {
    this.#parts = parts;
    this.#size = size;
    this.#flow = new OutputFlow({
      send: (data) => this.#port?.send({ type: 'output', data }),
      pause: () => this.#process?.pause(),
      resume: () => this.#process?.resume(),
      soon: parts.soon,
    });
    this.connect();
  }

  get status(): TerminalStatus {
    return this.#status;
  }

  /** Whether there is a program, or will be in a moment. */
  get running(): boolean {
    return this.#attempt !== undefined;
  }

  /** What runs in front, where that can be known. */
  get foreground(): string | undefined {
    return this.#process?.foreground;
  }

  /** Shows the terminal on a page, in place of the one before. */
  attach(port: TerminalPort, size: TerminalSize): void {
    this.#detach();
    // Electron runs promises that are settled inside of `postMessage`, before what it posts: what they changed is told anew.
    for (let told = -1; told !== this.#changes; ) {
      told = this.#changes;
      port.send({ type: 'attached', status: this.#status, replay: this.#backlog.bytes() });
    }
    this.#port = port;
    port.onClose(() => {
      if (this.#port === port) this.#detach();
    });
    port.onMessage((message) => {
      const request = TerminalRequestSchema.safeParse(message);
      if (request.success && this.#port === port) this.#request(request.data);
    });
    this.#resize(size);
  }

  /** Starts the program, where none runs. */
  connect(): void {
    if (this.#attempt !== undefined) return;
    const attempt = new AbortController();
    this.#attempt = attempt;
    const current = () => this.#attempt === attempt;
    this.#set({ status: 'connecting' });
    const events = {
      output: (data: Uint8Array) => {
        if (current()) this.#output(data);
      },
      ended: (end: TerminalStatus) => {
        if (current()) this.#ended(end);
      },
    };
    this.#parts.start(this.#size, events, attempt.signal).then(
      (process) => {
        if (current()) this.#live(process);
        else process.end();
      },
      (error: unknown) => {
        if (!current()) return;
        const { code, message, hint } = this.#parts.failure(error);
        this.#ended({ status: 'refused', code, message, ...(hint === undefined ? {} : { hint }) });
      },
    );
  }

  /** Ends the program; what it wrote stays. */
  end(): void {
    if (this.#attempt === undefined) return;
    const process = this.#process;
    this.#attempt.abort();
    this.#ended({ status: 'closed' });
    process?.end();
  }

  /** Ends everything. */
  close(): void {
    const port = this.#port;
    this.#detach();
    this.end();
    port?.close();
  }

  #request(request: TerminalRequest): void {
    switch (request.type) {
      case 'input':
        this.#process?.write(request.data);
        return;
      case 'resize':
        this.#resize({ columns: request.columns, rows: request.rows });
        return;
      case 'ack':
        this.#flow.acknowledge(request.bytes);
        return;
      case 'connect':
        this.connect();
        return;
      case 'end':
        this.end();
        return;
      default:
        request satisfies never;
    }
  }

  #live(process: TerminalProcess): void {
    this.#process = process;
    // The size may have changed while it started, and the page may still be behind with what came before.
    process.resize(this.#size);
    if (this.#flow.paused) process.pause();
    if (this.#before) this.#say(`a new session, begun at ${timeOfDay(this.#parts.clock.now())}`);
    this.#before = true;
    const { environment } = process;
    this.#set({ status: 'live', ...(environment === undefined ? {} : { environment }) });
  }

  #output(data: Uint8Array): void {
    this.#changes += 1;
    this.#backlog.add(data);
    if (this.#port !== undefined) this.#flow.add(data);
  }

  #say(text: string): void {
    this.#output(terminalLine(text));
  }

  #resize(size: TerminalSize): void {
    if (size.columns === this.#size.columns && size.rows === this.#size.rows) return;
    this.#size = size;
    this.#process?.resize(size);
  }

  #ended(status: TerminalStatus): void {
    this.#attempt = undefined;
    this.#process = undefined;
    const text = endingText(status);
    if (text !== undefined) this.#say(text);
    this.#set(status);
  }

  #set(status: TerminalStatus): void {
    this.#changes += 1;
    this.#status = status;
    // In order: what was written before comes before.
    this.#flow.flush();
    this.#port?.send({ type: 'status', status });
  }

  #detach(): void {
    const port = this.#port;
    this.#port = undefined;
    this.#flow.reset();
    port?.close();
  }
}
