import { describe, expect, it } from 'vitest';
import type { Access } from '../state/access-to.ts';
import { grant, request, resource } from '../test-support/objects.ts';
import { everything, filterResources, groupResources } from './filter-resources.ts';

const resources = [
  resource('orders-db', { description: 'Orders of the shop' }),
  resource('ledger-db', { labels: { env: 'prod', team: 'books' } }),
  resource('orders-db-staging', { labels: { env: 'staging', team: 'shop' } }),
];
const access = new Map<string, Access>([
  ['orders-db', { kind: 'ready', grant: grant(1) }],
  ['ledger-db', { kind: 'waiting', request: request(2) }],
  ['orders-db-staging', { kind: 'none' }],
]);
const names = (filter: Partial<typeof everything>) =>
  filterResources(resources, access, { ...everything, ...filter }).map((found) => found.name);

describe('filterResources', () => {
  it('shows all by name where nothing is chosen', () => {
    expect(names({})).toEqual(['ledger-db', 'orders-db', 'orders-db-staging']);
  });
  it('finds every word somewhere, in any case', () => {
    expect(names({ text: 'ORDERS staging' })).toEqual(['orders-db-staging']);
    expect(names({ text: 'the shop' })).toEqual(['orders-db']);
    expect(names({ text: 'team:books' })).toEqual(['ledger-db']);
    expect(names({ text: 'orders books' })).toEqual([]);
  });
  it('narrows by state', () => {
    expect(names({ state: 'usable' })).toEqual(['orders-db']);
    expect(names({ state: 'waiting' })).toEqual(['ledger-db']);
    expect(names({ state: 'none' })).toEqual(['orders-db-staging']);
  });
  it('narrows by all labels chosen', () => {
    expect(names({ labels: [{ key: 'env', value: 'prod' }] })).toEqual(['ledger-db', 'orders-db']);
    expect(
      names({
        labels: [
          { key: 'env', value: 'prod' },
          { key: 'team', value: 'books' },
        ],
      }),
    ).toEqual(['ledger-db']);
  });
});

describe('groupResources', () => {
  const grouped = (favourites: string[], recents: string[]) =>
    groupResources(resources, favourites, recents).map((group) => [
      group.title,
      ...group.resources.map(({ name }) => name),
    ]);
  it('shows each resource once, favourites before recent ones', () => {
    expect(grouped(['ledger-db'], ['ledger-db', 'orders-db'])).toEqual([
      ['Favourites', 'ledger-db'],
      ['Recent', 'orders-db'],
      ['All resources', 'orders-db-staging'],
    ]);
  });
  it('leaves out what is not there any more, and empty groups', () => {
    expect(grouped(['gone'], [])).toEqual([['All resources', 'orders-db', 'ledger-db', 'orders-db-staging']]);
  });
});
