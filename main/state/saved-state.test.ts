import { expect, test } from 'vitest';
import { memoryFile } from '../test-support/memory-file.ts';
import { SavedState } from './saved-state.ts';

test('keeps common settings once and those of resources by gateway', () => {
  const file = memoryFile();
  const saved = new SavedState(file);
  saved.saveSettings('a', {
    ...saved.settings('a'),
    theme: 'dark',
    favourites: ['orders-db'],
    ports: { 'orders-db/read': 21_000 },
  });
  const again = new SavedState(file);
  expect(again.settings('a')).toMatchObject({
    theme: 'dark',
    favourites: ['orders-db'],
    ports: { 'orders-db/read': 21_000 },
  });
  expect(again.settings('b')).toMatchObject({ theme: 'dark', favourites: [], ports: {} });
});

test('falls back to defaults where the file is not understood, part by part', () => {
  const saved = new SavedState(
    memoryFile({
      settings: { theme: 'pink' },
      gateways: [{ id: 'a', name: 'A', url: 'https://a.example' }],
      window: { width: 'wide' },
      'tabs:a': { open: [{ kind: 'unknown' }] },
    }),
  );
  expect(saved.settings(undefined).theme).toBe('system');
  expect(saved.gateways).toHaveLength(1);
  expect(saved.window).toBeUndefined();
  expect(saved.tabs('a')).toEqual({ open: [] });
});

test('a gateway called like a prototype key changes nothing but itself', () => {
  const saved = new SavedState(memoryFile());
  saved.savePort('__proto__', 'orders-db/read', 21_500);
  expect(({} as Record<string, unknown>)['orders-db/read']).toBeUndefined();
  expect(saved.settings('__proto__').ports).toEqual({ 'orders-db/read': 21_500 });
});
