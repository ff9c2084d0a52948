import type { QuitQuestion } from '../ipc/contract.ts';

export type QuitAnswer = 'quit' | 'cancel' | 'tray';

export interface QuitFlowParts {
  readonly question: () => QuitQuestion | undefined;
  /** Puts the question on the window where one is open; false where there is none. */
  readonly askWindow: (question: QuitQuestion) => boolean;
  readonly askNative: (question: QuitQuestion) => Promise<QuitAnswer>;
  readonly hideWindow: () => void;
  /** Closes tunnels, consoles and connections. */
  readonly shutDown: () => Promise<void>;
  /** Ends the process; called once. */
  readonly exit: () => void;
}

/** Quitting: asks where it would close something, and only once everything is closed lets the app end. */
export class QuitFlow {
  readonly #parts: QuitFlowParts;
  #state: 'running' | 'asked' | 'asking-natively' | 'leaving' = 'running';
  #left = false;

  constructor(parts: QuitFlowParts) {
    this.#parts = parts;
  }

  /** Whether the app is on its way out: windows close for good then. */
  get leaving(): boolean {
    return this.#state === 'leaving';
  }

  /** Whether the process may end now. */
  get mayExit(): boolean {
    return this.#left;
  }

  /** Somebody wants to quit. */
  async request(): Promise<void> {
    if (this.#state === 'leaving' || this.#state === 'asking-natively') return;
    const question = this.#parts.question();
    if (question === undefined) return this.leave();
    // Asked a second time while the window owes its answer: it may hang, so ask without it.
    if (this.#state === 'running' && this.#parts.askWindow(question)) {
      this.#state = 'asked';
      return;
    }
    this.#state = 'asking-natively';
    const answer = await this.#parts.askNative(question).catch((): QuitAnswer => 'cancel');
    this.#state = 'running';
    await this.answer(answer);
  }

  async answer(answer: QuitAnswer): Promise<void> {
    if (this.#state === 'leaving') return;
    this.#state = 'running';
    if (answer === 'quit') await this.leave();
    else if (answer === 'tray') this.#parts.hideWindow();
  }

  /** Leaves without a question, e.g. when the system shuts down. */
  async leave(): Promise<void> {
    if (this.#state === 'leaving') return;
    this.#state = 'leaving';
    try {
      await this.#parts.shutDown();
    } finally {
      this.#left = true;
      this.#parts.exit();
    }
  }
}
