import { Socket } from 'node:net';
import { type Kysely, sql } from 'kysely';
import { Client } from 'pg';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Database } from './database.ts';
import type { LifeSign } from './life-sign.ts';

const CHANNEL = 'drawbridge';
/** The server takes payloads under 8000 bytes. */
const LONGEST_PAYLOAD = 7999;
/** How often the connection is tried, in ms: a cut cable tells nobody. */
const HEARTBEAT = 5_000;
/** Waits between attempts to connect again, in ms, doubled from the first up to the longest. */
const BACKOFF = { first: 100, longest: 5_000 };

/** Something changed. It names what; whoever cares reads the rest from the store. */
export const Change = z.object({
  kind: z.enum(['request', 'grant', 'session', 'command', 'signin', 'configuration']),
  id: z.string().optional(),
});
export type Change = z.infer<typeof Change>;

/** `resync`: changes may have been missed, so everything is to be read anew. */
export type ChangeListener = (change: Change | { readonly kind: 'resync' }) => void;

export interface LiveChannelDependencies {
  readonly url: string;
  readonly clock: Clock;
  readonly logger: {
    warn(fields: object, message: string): void;
    info(fields: object, message: string): void;
  };
  /** What tells the other gateways that this one lives; it does so for as long as it hears of changes. */
  readonly lifeSign?: Pick<LifeSign, 'begin' | 'beat' | 'stop'>;
  /** How long the store may take to answer, in ms. Default: 5000. */
  readonly patience?: number;
  /** 0 to 1, for the jitter between attempts. */
  readonly random?: () => number;
}

interface Connection {
  readonly client: Client;
  readonly socket: Socket;
}

/**
 * Tells all gateways on one store what changed, by LISTEN and NOTIFY. It listens on a connection of its own, which
 * must reach the server itself: a pooler that shares connections between transactions swallows notifications.
 */
export class LiveChannel {
  readonly #dependencies: LiveChannelDependencies;
  readonly #listeners = new Set<ChangeListener>();
  readonly #lost = new Set<(reason: string) => void>();
  readonly #restored = new Set<() => void>();
  #connection: Connection | undefined;
  #state: 'connecting' | 'live' | 'lost' | 'closed' = 'connecting';
  readonly #patience: number;
  #attempts = 0;
  #cancelTimer: () => void = () => undefined;

  private constructor(dependencies: LiveChannelDependencies) {
    this.#dependencies = dependencies;
    this.#patience = dependencies.patience ?? 5_000;
  }

  /** Connects and listens. @throws Error when the first attempt fails; later ones are repeated for ever. */
  static async open(dependencies: LiveChannelDependencies): Promise<LiveChannel> {
    const channel = new LiveChannel(dependencies);
    await channel.#connect();
    return channel;
  }

  /** Whether changes arrive as they happen. */
  get live(): boolean {
    return this.#state === 'live';
  }

  /**
   * Tells everybody, this gateway too, of a change. Within a transaction (`executor` is one): when that commits, and
   * not at all if it doesn't.
   */
  async publish(change: Change, executor: Kysely<Database>): Promise<void> {
    const payload = JSON.stringify(Change.parse(change));
    if (Buffer.byteLength(payload) > LONGEST_PAYLOAD)
      throw new Error(`A change of kind ${change.kind} is too long to tell.`);
    await sql`select pg_notify(${CHANNEL}, ${payload})`.execute(executor);
  }

  /** @returns a function that ends the subscription. */
  subscribe(listener: ChangeListener): () => void {
    return join(this.#listeners, listener);
  }

  /** Called when the store is out of reach: from then on changes are missed. */
  onLost(listener: (reason: string) => void): () => void {
    return join(this.#lost, listener);
  }

  /** Called when it listens again; subscribers are told `resync` right after. */
  onRestored(listener: () => void): () => void {
    return join(this.#restored, listener);
  }

  async close(): Promise<void> {
    const wasLive = this.live;
    this.#state = 'closed';
    this.#cancelTimer();
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) return;
    if (wasLive) await this.#dependencies.lifeSign?.stop(connection.client).catch(() => undefined);
    await this.#hangUp(connection);
  }

  async #connect(): Promise<void> {
    const socket = new Socket();
    const client = new Client({
      connectionString: this.#dependencies.url,
      application_name: 'drawbridge-gateway live',
      connectionTimeoutMillis: this.#patience,
      query_timeout: this.#patience,
      keepAlive: true,
      stream: () => socket,
    });
    const connection: Connection = { client, socket };
    client.on('error', (error) => this.#lose(connection, error.message));
    client.on('end', () => this.#lose(connection, 'the connection was closed'));
    client.on('notification', ({ payload }) => this.#receive(payload ?? ''));
    this.#connection = connection;
    try {
      await client.connect();
      await this.#dependencies.lifeSign?.begin(client);
      await client.query(`listen ${CHANNEL}`);
    } catch (error) {
      if (this.#connection === connection) this.#connection = undefined;
      await this.#hangUp(connection);
      throw error;
    }
    // Closed in the meantime.
    if (this.#connection !== connection) return;
    const before = this.#state;
    this.#state = 'live';
    this.#attempts = 0;
    this.#beat(connection);
    if (before === 'lost') {
      this.#dependencies.logger.info({}, 'live channel restored');
      for (const listener of this.#restored) this.#call(listener);
      this.#tell({ kind: 'resync' });
    }
  }

  #beat(connection: Connection): void {
    const { clock, lifeSign } = this.#dependencies;
    this.#cancelTimer = clock.after(HEARTBEAT, () => {
      const beat: Promise<unknown> = lifeSign?.beat(connection.client) ?? connection.client.query('select 1');
      beat.then(
        () => this.#connection === connection && this.#beat(connection),
        (error: Error) => this.#lose(connection, error.message),
      );
    });
  }

  #lose(connection: Connection, reason: string): void {
    // Of one broken connection only the first word counts; before it was live, the attempt itself fails.
    if (this.#connection !== connection || this.#state !== 'live') return;
    this.#connection = undefined;
    this.#state = 'lost';
    this.#cancelTimer();
    void this.#hangUp(connection);
    this.#dependencies.logger.warn({ reason }, 'live channel lost');
    for (const listener of this.#lost) this.#call(() => listener(reason));
    this.#retry();
  }

  /** Says goodbye, and lets go of the socket if nobody answers. */
  async #hangUp({ client, socket }: Connection): Promise<void> {
    const cancel = this.#dependencies.clock.after(this.#patience, () => socket.destroy());
    await client.end().catch(() => undefined);
    cancel();
    socket.destroy();
  }

  #retry(): void {
    const longest = Math.min(BACKOFF.longest, BACKOFF.first * 2 ** this.#attempts);
    this.#attempts += 1;
    // Between half and all of it, so that many gateways don't come back at one moment.
    const wait = longest * (0.5 + 0.5 * (this.#dependencies.random ?? Math.random)());
    this.#cancelTimer = this.#dependencies.clock.after(wait, () => {
      this.#connect().catch(() => {
        if (this.#state === 'lost') this.#retry();
      });
    });
  }

  #receive(payload: string): void {
    const change = Change.safeParse(readJson(payload));
    // A later release may tell of what this one doesn't know: then anything may have changed.
    this.#tell(change.success ? change.data : { kind: 'resync' });
  }

  #tell(change: Parameters<ChangeListener>[0]): void {
    for (const listener of this.#listeners) this.#call(() => listener(change));
  }

  /** One listener that fails must not keep the news from the others. */
  #call(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#dependencies.logger.warn({ err: error }, 'a listener of the live channel failed');
    }
  }
}

function join<T>(set: Set<T>, listener: T): () => void {
  set.add(listener);
  return () => set.delete(listener);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
