import type { AccessTokens } from '@drawbridge/gateway-client';
import type { MainClock } from '../clock.ts';
import { needsSignIn } from './sign-in-failure.ts';

/** How long a connection of a native tool is held for a person to sign in, in milliseconds. */
const LONGEST_WAIT = 10 * 60_000;

export interface SignInWaitParts {
  readonly tokens: Pick<AccessTokens, 'token'>;
  readonly clock: Pick<MainClock, 'after'>;
  /** Told each time a token can't be had without a sign-in; asks the person, once. */
  readonly needed: (error: Error) => void;
}

/**
 * Tokens for tunnels: where a sign-in is needed, connections wait for it together instead of failing each.
 * After ten minutes, or when the person signs out for good, they get the error they would have got at once.
 */
export class SignInWait {
  readonly #parts: SignInWaitParts;
  readonly #waiting = new Set<{ resolve(): void; reject(error: Error): void }>();

  constructor(parts: SignInWaitParts) {
    this.#parts = parts;
  }

  /** How many connections wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  async token(rejected?: string): Promise<string> {
    try {
      return await this.#parts.tokens.token(rejected);
    } catch (error) {
      if (!needsSignIn(error)) throw error;
      this.#parts.needed(error);
      await this.#signedIn(error);
      return await this.#parts.tokens.token(rejected);
    }
  }

  /** Somebody signed in: those who wait go on. */
  release(): void {
    for (const waiting of [...this.#waiting]) waiting.resolve();
  }

  /** No sign-in will come: those who wait fail. */
  giveUp(error: Error): void {
    for (const waiting of [...this.#waiting]) waiting.reject(error);
  }

  #signedIn(error: Error): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        callOff();
        this.#waiting.delete(waiting);
        finish();
      };
      const waiting = {
        resolve: () => settle(resolve),
        reject: (reason: Error) => settle(() => reject(reason)),
      };
      const callOff = this.#parts.clock.after(LONGEST_WAIT, () => waiting.reject(error));
      this.#waiting.add(waiting);
    });
  }
}
