import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { AppError } from '../app-error.ts';

/** Ports that new tunnels get: outside what systems give to outgoing connections (from 32768 on), and little used. */
const FIRST = 21_000;
const COUNT = 8_000;
const MOST_TRIES = 200;

export interface PortBookParts {
  /** Ports kept so far, of one gateway, by `resource/profile`. */
  readonly kept: (gateway: string) => Readonly<Record<string, number>>;
  /** All ports kept, of every gateway. */
  readonly all: () => Iterable<number>;
  readonly keep: (gateway: string, key: string, port: number) => void;
  /** Whether nobody listens there on 127.0.0.1. */
  readonly isFree?: (port: number) => Promise<boolean>;
}

export const portKey = (resource: string, profile: string): string => `${resource}/${profile}`;

/**
 * The local port of each resource and profile: chosen once, from the name, so that it is the same on a
 * colleague's machine more often than not, and kept over restarts.
 */
export class PortBook {
  readonly #parts: PortBookParts;
  readonly #isFree: (port: number) => Promise<boolean>;

  constructor(parts: PortBookParts) {
    this.#parts = parts;
    this.#isFree = parts.isFree ?? isFree;
  }

  /** The kept port, or a new one that is free now. @throws AppError `port_in_use` */
  async portOf(gateway: string, key: string): Promise<number> {
    const kept = this.#parts.kept(gateway)[key];
    if (kept !== undefined) return kept;
    const taken = new Set(this.#parts.all());
    const start = createHash('sha256').update(`${gateway}\n${key}`).digest().readUInt32BE(0) % COUNT;
    for (let step = 0; step < MOST_TRIES; step += 1) {
      const port = FIRST + ((start + step * 7) % COUNT);
      if (taken.has(port) || !(await this.#isFree(port))) continue;
      this.#parts.keep(gateway, key, port);
      return port;
    }
    throw new AppError('port_in_use', 'no free local port was found', 'Give the resource a port yourself.');
  }

  /** Keeps a port that the person chose. @throws AppError `port_in_use` where it belongs to another resource */
  set(gateway: string, key: string, port: number): void {
    const owner = Object.entries(this.#parts.kept(gateway)).find(
      ([other, at]) => at === port && other !== key,
    );
    if (owner !== undefined)
      throw new AppError(
        'port_in_use',
        `port ${port} is that of ${owner[0].replace('/', ', ')}`,
        'Choose another port.',
      );
    this.#parts.keep(gateway, key, port);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
