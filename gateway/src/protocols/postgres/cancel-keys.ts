import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { Principal } from '@drawbridge/contract';

/** A key that a client may cancel its session's query with. */
export interface CancelKey {
  readonly processId: number;
  readonly secret: Buffer;
}

interface Entry {
  readonly secret: Buffer;
  readonly principal: Principal;
  readonly cancel: () => void;
}

const same = (one: Principal, other: Principal): boolean => one.kind === other.kind && one.id === other.id;

/** The gateway's own cancel keys: clients never learn the target's. */
export class CancelKeys {
  readonly #entries = new Map<number, Entry>();

  /** @param longSecret 32 bytes, for clients that speak protocol 3.2; 4 else. */
  issue(principal: Principal, longSecret: boolean, cancel: () => void): CancelKey {
    let processId = randomInt(1, 2 ** 31);
    while (this.#entries.has(processId)) processId = randomInt(1, 2 ** 31);
    const secret = randomBytes(longSecret ? 32 : 4);
    this.#entries.set(processId, { secret, principal, cancel });
    return { processId, secret };
  }

  forget(processId: number): void {
    this.#entries.delete(processId);
  }

  /** Cancels what the key is for, if it is a key of the same principal. Says nothing either way, as PostgreSQL does. */
  cancel(key: CancelKey, principal: Principal): void {
    const entry = this.#entries.get(key.processId);
    if (entry === undefined || entry.secret.length !== key.secret.length) return;
    if (timingSafeEqual(entry.secret, key.secret) && same(entry.principal, principal)) entry.cancel();
  }
}
