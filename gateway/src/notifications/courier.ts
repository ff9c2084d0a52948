import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';
import { waitAfter } from './attempts.ts';
import type { Delivery, Endpoint, Message } from './endpoint.ts';
import type { Outbox } from './outbox.ts';

export interface CourierParts {
  readonly outbox: Pick<Outbox, 'take' | 'delivered' | 'postpone' | 'giveUp' | 'nextDue' | 'tidy'>;
  readonly endpoints: readonly Pick<Endpoint, 'name' | 'deliver'>[];
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
  /** 0 to 1, for the jitter between attempts. */
  readonly random: () => number;
  readonly attempted: (endpoint: string, outcome: 'delivered' | 'failed' | 'given_up') => void;
}

/** How many of one endpoint are under way at a time here. */
const AT_ONCE = 4;
/** How long a message is this gateway's, in ms: longer than the slowest delivery, which is two calls of Slack's. */
const LEASE = 30_000;
/** When the store can't be asked, in ms until the next try. */
const RETRY = 1_000;
/** How often what is old is tidied away, in ms. */
const TIDY = 6 * 3_600_000;
/** The longest wait in ms, should word of a new message have been lost. */
const LONGEST_WAIT = 60_000;

/**
 * Delivers what is in the outbox: each endpoint by itself, so that one that is down holds up nobody else. Every
 * gateway runs one; a message is delivered at least once, with the same id each time.
 */
export class Courier {
  readonly #parts: CourierParts;
  readonly #rounds: readonly Round[];
  #disarm: (() => void) | undefined;
  #tidying: Promise<void> | undefined;

  constructor(parts: CourierParts) {
    this.#parts = parts;
    this.#rounds = parts.endpoints.map((endpoint) => new Round(parts, endpoint));
  }

  /** Catches up with what is due, and delivers from then on. */
  start(): void {
    this.#tidy();
    this.wake();
  }

  #tidy(): void {
    const { outbox, endpoints, clock, logger } = this.#parts;
    this.#disarm = clock.after(TIDY, () => this.#tidy());
    this.#tidying = outbox
      .tidy(
        endpoints.map(({ name }) => name),
        clock.now(),
      )
      .then((orphans) => {
        if (orphans > 0) logger.warn({ orphans }, 'notifications for endpoints that are gone were given up');
      })
      .catch((error: unknown) => logger.error({ err: error }, 'old notifications could not be tidied away'));
  }

  /** There may be something to deliver. */
  wake(): void {
    for (const round of this.#rounds) round.wake();
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    this.#disarm?.();
    await Promise.all([this.#tidying, ...this.#rounds.map((round) => round.stop())]);
  }
}

/** The deliveries to one endpoint. */
class Round {
  readonly #parts: CourierParts;
  readonly #endpoint: Pick<Endpoint, 'name' | 'deliver'>;
  #disarm: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(parts: CourierParts, endpoint: Pick<Endpoint, 'name' | 'deliver'>) {
    this.#parts = parts;
    this.#endpoint = endpoint;
  }

  wake(): void {
    if (this.#stopped) return;
    this.#again = this.#running !== undefined;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Somebody called between the last look and now.
      if (this.#again) this.wake();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#disarm?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#parts;
    const { name: endpoint } = this.#endpoint;
    let wait: number;
    do {
      this.#again = false;
      wait = await this.#deliverDue().catch((error: unknown) => {
        logger.error({ err: error, endpoint }, 'notifications could not be looked up; trying again');
        return RETRY;
      });
    } while (this.#again && !this.#stopped);
    this.#disarm?.();
    if (!this.#stopped) this.#disarm = clock.after(wait, () => this.wake());
  }

  /** Returns milliseconds until there is something to do again. */
  async #deliverDue(): Promise<number> {
    const { outbox, clock } = this.#parts;
    const { name } = this.#endpoint;
    while (!this.#stopped) {
      const messages = await outbox.take(name, AT_ONCE, clock.now(), LEASE);
      if (messages.length === 0) break;
      await Promise.all(messages.map((message) => this.#deliver(message)));
    }
    const due = await outbox.nextDue(name);
    return due === undefined ? LONGEST_WAIT : Math.min(LONGEST_WAIT, Math.max(0, due - clock.now()));
  }

  async #deliver(message: Message): Promise<void> {
    const { outbox, clock, logger, random, attempted } = this.#parts;
    const { name: endpoint } = this.#endpoint;
    const delivery = await this.#endpoint.deliver(message).catch((error: unknown): Delivery => {
      logger.error({ err: error, endpoint, id: message.id }, 'delivering a notification failed unexpectedly');
      return { outcome: 'failed', reason: 'the gateway failed to deliver it; its log says why' };
    });
    if (delivery.outcome === 'delivered') {
      attempted(endpoint, 'delivered');
      return outbox.delivered(message);
    }
    const { reason, retryAfter, final } = delivery;
    const wait = final ? undefined : waitAfter(message.attempts, random(), retryAfter);
    const { id, type, subject, attempts } = message;
    if (wait === undefined) {
      attempted(endpoint, 'given_up');
      logger.error({ endpoint, id, type, subject, attempts, reason }, 'a notification was given up');
      return outbox.giveUp(message, reason);
    }
    attempted(endpoint, 'failed');
    logger.warn(
      { endpoint, id, type, attempts, reason, retryIn: Math.round(wait / 1000) },
      'a notification could not be delivered',
    );
    return outbox.postpone(message, clock.now() + wait, reason);
  }
}
