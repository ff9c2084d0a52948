import { isDeepStrictEqual } from 'node:util';
import type { AppState, StatePatch } from '../ipc/app-state.ts';

/** The one state of the app. Whoever changes a slice gives it whole; listeners hear only what differs. */
export class AppStore {
  #state: AppState;
  readonly #listeners = new Set<(patch: StatePatch, state: AppState) => void>();

  constructor(initial: AppState) {
    this.#state = initial;
  }

  get state(): AppState {
    return this.#state;
  }

  set(patch: StatePatch): void {
    const differing = Object.entries(patch).filter(
      ([slice, value]) => !isDeepStrictEqual(this.#state[slice as keyof AppState], value),
    );
    if (differing.length === 0) return;
    const changed: StatePatch = Object.fromEntries(differing);
    this.#state = { ...this.#state, ...changed };
    for (const listener of [...this.#listeners]) listener(changed, this.#state);
  }

  /** Returns how to stop. */
  subscribe(listener: (patch: StatePatch, state: AppState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
