/** Names of one kind, the oldest of which are forgotten when there are too many or they hold too much. */
export class BoundedMap<T> {
  readonly #map = new Map<string, T>();
  readonly #most: number;
  readonly #mostWeight: number;
  readonly #weigh: (value: T) => number;
  #weight = 0;

  /** @param weigh has to give the same for the same value each time. */
  constructor(most: number, mostWeight: number, weigh: (value: T) => number) {
    this.#most = most;
    this.#mostWeight = mostWeight;
    this.#weigh = weigh;
  }

  get size(): number {
    return this.#map.size;
  }

  get(name: string): T | undefined {
    return this.#map.get(name);
  }

  [Symbol.iterator](): IterableIterator<[string, T]> {
    return this.#map[Symbol.iterator]();
  }

  /** Gives a name a value, or takes it away. @returns what it had before. */
  replace(name: string, value: T | undefined): T | undefined {
    const before = this.#map.get(name);
    if (before !== undefined) this.#remove(name, before);
    if (value !== undefined) {
      this.#map.set(name, value);
      this.#weight += this.#weigh(value);
      this.#shrink(value);
    }
    return before;
  }

  #shrink(newest: T): void {
    if (this.#map.size <= this.#most && this.#weight <= this.#mostWeight) return;
    for (const [name, value] of this.#map) {
      if (value === newest || (this.#map.size <= this.#most && this.#weight <= this.#mostWeight)) return;
      this.#remove(name, value);
    }
  }

  #remove(name: string, value: T): void {
    this.#map.delete(name);
    this.#weight -= this.#weigh(value);
  }
}
