import { DrawbridgeError, type UserId } from '@drawbridge/contract';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';

/** How often it is looked whether those who watch still may, in ms; changes that are told of don't wait for it. */
const RECHECK = 3_000;
/** Sessions one person may watch through one gateway at a time: each holds a file and a connection. */
const MOST_OF_ONE_PERSON = 50;

export interface Watch {
  /** Aborts when the right to watch has ended, and when the watching has. */
  readonly signal: AbortSignal;
  /** To be called when nobody reads any more; harmless twice. */
  end(): void;
}

interface Watching {
  readonly whose: UserId;
  readonly stillMay: () => Promise<boolean>;
  readonly ending: AbortController;
}

/** Who watches what of the live sessions here, each for no longer than they may. */
export class Watches {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #logger: Pick<Logger, 'error'>;
  readonly #watching = new Set<Watching>();
  #cancelRecheck: (() => void) | undefined;

  constructor(parts: { readonly clock: Pick<Clock, 'after'>; readonly logger: Pick<Logger, 'error'> }) {
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  /**
   * @param stillMay looked at now and then; what it can't find out is no
   * @throws DrawbridgeError `rate_limited`
   */
  begin(whose: UserId, stillMay: () => Promise<boolean>): Watch {
    const own = [...this.#watching].filter((watching) => watching.whose === whose);
    if (own.length >= MOST_OF_ONE_PERSON)
      throw new DrawbridgeError(
        'rate_limited',
        `you watch ${MOST_OF_ONE_PERSON} sessions through this gateway already`,
        { hint: 'Close some of them first.' },
      );
    const watching: Watching = { whose, stillMay, ending: new AbortController() };
    this.#watching.add(watching);
    this.#recheckLater();
    return { signal: watching.ending.signal, end: () => this.#end(watching, 'the watching ended') };
  }

  /** To be called when something changed that rights depend on. */
  async recheck(): Promise<void> {
    await Promise.all([...this.#watching].map((watching) => this.#check(watching)));
  }

  async #check(watching: Watching): Promise<void> {
    try {
      if (await watching.stillMay()) return;
    } catch (error) {
      this.#logger.error({ err: error, user: watching.whose }, 'a right to watch could not be looked up');
    }
    this.#end(watching, 'the right to watch this session has ended');
  }

  #end(watching: Watching, why: string): void {
    this.#watching.delete(watching);
    watching.ending.abort(new Error(why));
    if (this.#watching.size > 0) return;
    this.#cancelRecheck?.();
    this.#cancelRecheck = undefined;
  }

  #recheckLater(): void {
    this.#cancelRecheck ??= this.#clock.after(RECHECK, () => {
      this.#cancelRecheck = undefined;
      void this.recheck().then(() => {
        if (this.#watching.size > 0) this.#recheckLater();
      });
    });
  }
}
