import type { ServerResponse } from 'node:http';
import type { LiveEvent } from '@drawbridge/contract';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';

/** Something changed, by kind and id; what it now is gets looked up once for all who may see it. */
export interface Change {
  readonly kind: string;
  readonly id?: string | undefined;
}

export interface Viewer<V> {
  readonly viewer: V;
  /** False once the viewer's sign-in has ended or its token has run out. */
  readonly stillValid: () => Promise<boolean>;
}

export interface EventStreamParts<V> {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hello: LiveEvent;
  /** Whose stream it is. */
  readonly whose: (viewer: V) => string;
  /** Loads what changed and answers, per viewer, with the event to send or undefined where it is not theirs to see. */
  readonly resolve: (
    change: Change,
  ) => Promise<(viewer: V) => LiveEvent | undefined | Promise<LiveEvent | undefined>>;
}

const KEEP_ALIVE = 15_000;
/** Bytes that may wait for a client that doesn't read; past it the client is dropped and reconnects. */
const LARGEST_BACKLOG = 1024 * 1024;

/** Streams one person may have open here: past it the oldest ends, which its client, if it still is one, opens anew. */
const MOST_OF_ONE_PERSON = 50;

interface Subscriber<V> extends Viewer<V> {
  readonly response: ServerResponse;
}

/** The Server-Sent Events streams of this gateway's clients (HTML Living Standard, section 9.2). */
export class EventStream<V> {
  readonly #parts: EventStreamParts<V>;
  readonly #subscribers = new Set<Subscriber<V>>();
  #cancelKeepAlive: (() => void) | undefined;
  /** Changes are delivered one after the other, so that a client never sees an older state last. */
  #queue: Promise<void> = Promise.resolve();

  constructor(parts: EventStreamParts<V>) {
    this.#parts = parts;
  }

  /** Answers a request with a stream that stays open until the client leaves or `close` is called. */
  open(response: ServerResponse, viewer: Viewer<V>): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      connection: 'keep-alive',
    });
    const subscriber = { ...viewer, response };
    this.#makeRoomFor(viewer.viewer);
    this.#subscribers.add(subscriber);
    response.on('error', () => this.#drop(subscriber));
    response.on('close', () => this.#drop(subscriber));
    this.#send(subscriber, this.#parts.hello);
    this.#keepAlive();
  }

  changed(change: Change): void {
    if (this.#subscribers.size === 0) return;
    this.#queue = this.#queue
      .then(() => this.#deliver(change))
      .catch((error: unknown) =>
        this.#parts.logger.error({ err: error, change }, 'live event could not be delivered'),
      );
  }

  /** Sends `hello` once more: clients read everything anew. For after changes could not be heard for a while. */
  resync(): void {
    for (const subscriber of this.#subscribers) this.#send(subscriber, this.#parts.hello);
  }

  close(): void {
    this.#cancelKeepAlive?.();
    for (const subscriber of [...this.#subscribers]) {
      subscriber.response.end();
      this.#drop(subscriber);
    }
  }

  #makeRoomFor(viewer: V): void {
    const whose = this.#parts.whose(viewer);
    const own = [...this.#subscribers].filter((each) => this.#parts.whose(each.viewer) === whose);
    for (const oldest of own.slice(0, Math.max(0, own.length + 1 - MOST_OF_ONE_PERSON))) {
      oldest.response.end();
      this.#drop(oldest);
    }
  }

  async #deliver(change: Change): Promise<void> {
    if (change.kind === 'signin') await this.#dropInvalid();
    const eventFor = await this.#parts.resolve(change);
    for (const subscriber of [...this.#subscribers]) {
      const event = await eventFor(subscriber.viewer);
      if (event !== undefined) this.#send(subscriber, event);
    }
  }

  async #dropInvalid(): Promise<void> {
    for (const subscriber of [...this.#subscribers]) {
      if (await subscriber.stillValid().catch(() => false)) continue;
      subscriber.response.end();
      this.#drop(subscriber);
    }
  }

  #send(subscriber: Subscriber<V>, event: LiveEvent): void {
    this.#write(subscriber, `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  #write(subscriber: Subscriber<V>, text: string): void {
    subscriber.response.write(text);
    if (subscriber.response.writableLength > LARGEST_BACKLOG) {
      subscriber.response.destroy();
      this.#drop(subscriber);
    }
  }

  #drop(subscriber: Subscriber<V>): void {
    this.#subscribers.delete(subscriber);
  }

  /** Keeps proxies from closing quiet streams, and ends those whose sign-in ran out meanwhile. */
  #keepAlive(): void {
    if (this.#cancelKeepAlive !== undefined) return;
    this.#cancelKeepAlive = this.#parts.clock.after(KEEP_ALIVE, () => {
      this.#cancelKeepAlive = undefined;
      void this.#dropInvalid().then(() => {
        for (const subscriber of this.#subscribers) this.#write(subscriber, ': keep-alive\n\n');
        if (this.#subscribers.size > 0) this.#keepAlive();
      });
    });
  }
}
