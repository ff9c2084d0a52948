import { AppError } from '../app-error.ts';

/**
 * Whether shells on this computer may open in this run. The page asks for them, and a page that was taken over would get
 * out of its sandbox by one: so the person is asked once, in a dialog that no page can press.
 */
export class ShellConsent {
  readonly #ask: () => Promise<boolean>;
  #given = false;
  #asking: Promise<boolean> | undefined;

  constructor(ask: () => Promise<boolean>) {
    this.#ask = ask;
  }

  /** Asks, unless it was given before. @throws AppError `shell_declined` */
  async need(): Promise<void> {
    if (this.#given) return;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    this.#given = await this.#asking;
    if (!this.#given)
      throw new AppError(
        'shell_declined',
        'you did not allow a shell on this computer',
        'Try again to be asked anew.',
      );
  }
}
