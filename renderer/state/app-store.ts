import { createStore, useStore } from 'zustand';
import type { AppState } from '../../main/ipc/app-state.ts';
import { call, listen } from './bridge.ts';

/** Main's state as last heard. Read-only here: every change is asked for with `call`. */
const store = createStore<{ readonly state: AppState | undefined }>(() => ({ state: undefined }));

/**
 * Starts hearing main's state. Patches are slices of the whole, so one that overtakes the first answer
 * is simply laid over it again.
 */
export async function startAppStore(): Promise<AppState> {
  const early: Partial<AppState>[] = [];
  listen('state.patch', (patch) => {
    const { state } = store.getState();
    if (state === undefined) early.push(patch);
    else store.setState({ state: { ...state, ...patch } });
  });
  const first = await call('state.get');
  const state: AppState = Object.assign({}, first, ...early);
  store.setState({ state });
  return state;
}

/** Hears when a part of main's state becomes another; not told of what it is at first. */
export function watchApp<T>(
  select: (state: AppState) => T,
  changed: (state: AppState, before: AppState) => void,
): () => void {
  return store.subscribe(({ state }, { state: before }) => {
    if (state === undefined || before === undefined) return;
    if (!Object.is(select(state), select(before))) changed(state, before);
  });
}

function loaded(state: AppState | undefined): AppState {
  if (state === undefined) throw new Error('the state of the app was read before it was there');
  return state;
}

/** A part of main's state. The selector returns what is in the state, never a new object. */
export function useApp<T>(select: (state: AppState) => T): T {
  return useStore(store, ({ state }) => select(loaded(state)));
}

/** Main's state now, for handlers. */
export function appState(): AppState {
  return loaded(store.getState().state);
}
