import { expect, test } from 'vitest';
import type { AppState, StatePatch } from '../ipc/app-state.ts';
import { memoryFile } from '../test-support/memory-file.ts';
import { AppStore } from './app-store.ts';
import { SavedState } from './saved-state.ts';

const initial = (): AppState => ({
  app: { platform: 'linux', version: '1', vault: { persistent: false, backend: 'basic_text' } },
  gateways: [],
  connection: { status: 'none' },
  tunnels: [],
  settings: new SavedState(memoryFile()).settings(undefined),
  tabs: { open: [], offered: [] },
});

test('tells listeners the slices that differ, and only those', () => {
  const store = new AppStore(initial());
  const patches: StatePatch[] = [];
  const stop = store.subscribe((patch) => patches.push(patch));
  store.set({ gateways: [], connection: { status: 'connecting', since: 'now' } });
  expect(patches).toEqual([{ connection: { status: 'connecting', since: 'now' } }]);
  expect(store.state.connection.status).toBe('connecting');
  store.set({ connection: { status: 'connecting', since: 'now' } });
  expect(patches).toHaveLength(1);
  stop();
  store.set({ connection: { status: 'none' } });
  expect(patches).toHaveLength(1);
});

test('says that a slice went away', () => {
  const store = new AppStore({ ...initial(), activeGateway: 'a' });
  const patches: StatePatch[] = [];
  store.subscribe((patch) => patches.push(patch));
  store.set({ activeGateway: undefined });
  expect(patches).toEqual([{ activeGateway: undefined }]);
});
