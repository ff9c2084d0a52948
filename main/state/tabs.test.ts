import { expect, test } from 'vitest';
import type { Tab } from '../ipc/app-state.ts';
import { memoryFile } from '../test-support/memory-file.ts';
import { SavedState } from './saved-state.ts';
import { Tabs } from './tabs.ts';

const tab = (id: string): Tab => ({
  kind: 'sql',
  id,
  resource: 'orders-db',
  profile: 'read',
  title: id,
  text: 'select 1',
});
const lastRun = () => {
  const file = memoryFile();
  new Tabs(new SavedState(file)).save('a', [tab('one'), tab('two')], 'two');
  return { file, tabs: new Tabs(new SavedState(file)) };
};

test('offers the tabs of the last run, and brings them back on a yes', () => {
  const { tabs } = lastRun();
  expect(tabs.of('a')).toEqual({ open: [], offered: [tab('one'), tab('two')] });
  expect(tabs.answer('a', true)).toEqual({ open: [tab('one'), tab('two')], active: 'two', offered: [] });
});

test('forgets them on a no', () => {
  const { file, tabs } = lastRun();
  tabs.answer('a', false);
  expect(new Tabs(new SavedState(file)).of('a')).toEqual({ open: [], offered: [] });
});

test('keeps what nobody has answered for, beside new tabs', () => {
  const { file, tabs } = lastRun();
  tabs.save('a', [tab('three')], 'three');
  const next = new Tabs(new SavedState(file)).of('a');
  expect(next.offered.map(({ id }) => id)).toEqual(['three', 'one', 'two']);
});

test('keeps the tabs of each gateway apart', () => {
  const { tabs } = lastRun();
  expect(tabs.of('b')).toEqual({ open: [], offered: [] });
  expect(tabs.of(undefined)).toEqual({ open: [], offered: [] });
});
