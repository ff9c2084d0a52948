import type { Classification } from './tally.ts';

/** Longer names are cut off by the server (NAMEDATALEN - 1), some in the middle of a character. */
const LONGEST_NAME = 63;
const MOST_NAMES = 10_000;
/** More meanings than this of one name serve no person. */
const MOST_MEANINGS = 50;

/**
 * What the names of prepared statements and cursors can mean in a session. PREPARE and Parse share the former. A name
 * keeps all it was ever given to: whether a PREPARE, DEALLOCATE or DISCARD happened is the server's to know, and none of
 * them is undone with its transaction.
 */
export class SessionNames {
  readonly #prepared = new Map<string, Set<Classification>>();
  readonly #cursors = new Set<string>();
  #told = true;
  #version = 0;

  /** Goes up whenever what a name can mean changes. */
  get version(): number {
    return this.#version;
  }

  /** All that EXECUTE of this name can run; undefined where that isn't known. */
  prepared(name: string): readonly Classification[] | undefined {
    const meanings = this.#told ? this.#prepared.get(name) : undefined;
    return meanings && meanings.size <= MOST_MEANINGS ? [...meanings] : undefined;
  }

  /** PREPARE, or Parse, which the server may refuse yet. */
  prepare(name: string, statement: Classification): void {
    if (Buffer.byteLength(name) > LONGEST_NAME || this.#prepared.size >= MOST_NAMES) {
      this.untold();
      return;
    }
    const meanings = this.#prepared.get(name) ?? new Set();
    if (meanings.has(statement) || meanings.size > MOST_MEANINGS) return;
    meanings.add(statement);
    this.#prepared.set(name, meanings);
    this.#version += 1;
  }

  /** Whether a cursor of this name was made by DECLARE, which was decided on then. */
  isCursor(name: string): boolean {
    return this.#cursors.has(name);
  }

  declare(name: string): void {
    if (this.#cursors.has(name) || this.#cursors.size >= MOST_NAMES) return;
    this.#cursors.add(name);
    this.#version += 1;
  }

  /** Code ran that nobody looked into: it may have given names to anything. */
  untold(): void {
    if (!this.#told) return;
    this.#told = false;
    this.#version += 1;
    this.#prepared.clear();
  }
}
