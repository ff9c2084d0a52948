import { expect, it } from 'vitest';
import { sceneFrom } from '../dev/scenes.ts';
import { pages } from '../shell/page-facts.ts';
import type { Access } from '../state/access-to.ts';
import { grant } from '../test-support/objects.ts';
import { paletteItems, searchPalette } from './palette-items.ts';

const { state } = sceneFrom(new URLSearchParams('scene=alice'));
const access = new Map<string, Access>([
  ['orders-db', { kind: 'ready', grant: grant(1) }],
  ['tax-rates', { kind: 'none' }],
]);
const items = paletteItems({
  state,
  tabs: [],
  access,
  reviewable: [],
  held: [],
  pages,
  isProduction: () => false,
});
const found = (text: string) => searchPalette(items, text).map((item) => item.text);

it('offers one step a resource before anything is typed, and all of them after', () => {
  expect(found('').filter((text) => text.endsWith(' orders-db') || text === 'orders-db')).toEqual([
    'Connect to orders-db',
  ]);
  expect(found('orders-db')).toEqual(
    expect.arrayContaining([
      'Connect to orders-db',
      'Connection card of orders-db',
      'End access to orders-db',
      'orders-db',
    ]),
  );
});

it('reaches pages and actions', () => {
  expect(found('record')[0]).toBe('Recordings');
  expect(found('theme dark')).toEqual(['Theme: dark']);
  expect(found('sign out')).toEqual(['Sign out']);
});

it('offers access only where it can be asked for', () => {
  expect(found('request tax')).toEqual(['Request access to tax-rates']);
  expect(found('connect tax')).toEqual([]);
});

it('puts a hit at the start before one inside a word', () => {
  expect(found('set')[0]).toBe('Settings');
  expect(found('(')).toHaveLength(1);
});
