import type { Protocol, Resource } from '@drawbridge/contract';
import type { Access } from '../state/access-to.ts';

export type StateFilter = 'any' | 'usable' | 'waiting' | 'none';

export interface ResourceFilter {
  readonly text: string;
  readonly protocol: Protocol | 'all';
  readonly state: StateFilter;
  /** Each `key: value` must hold. */
  readonly labels: readonly { readonly key: string; readonly value: string }[];
}

export const everything: ResourceFilter = { text: '', protocol: 'all', state: 'any', labels: [] };

const states: Readonly<Record<StateFilter, (kind: Access['kind']) => boolean>> = {
  any: () => true,
  usable: (kind) => kind === 'active' || kind === 'ready',
  waiting: (kind) => kind === 'waiting',
  none: (kind) => kind === 'none' || kind === 'denied' || kind === 'forbidden',
};

/** The resources that match, by name. Every word typed must be somewhere: name, description, protocol, a label. */
export function filterResources(
  resources: readonly Resource[],
  access: ReadonlyMap<string, Access>,
  filter: ResourceFilter,
): readonly Resource[] {
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return resources
    .filter((resource) => {
      if (filter.protocol !== 'all' && resource.protocol !== filter.protocol) return false;
      if (!states[filter.state](access.get(resource.name)?.kind ?? 'none')) return false;
      if (!filter.labels.every(({ key, value }) => resource.labels[key] === value)) return false;
      const text = searchText(resource);
      return words.every((word) => text.includes(word));
    })
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

function searchText(resource: Resource): string {
  const labels = Object.entries(resource.labels).map(([key, value]) => `${key}:${value}`);
  return [resource.name, resource.description ?? '', resource.protocol, ...labels].join(' ').toLowerCase();
}

export interface ResourceGroup {
  readonly title: string;
  readonly resources: readonly Resource[];
}

/** Favourites first, in the order they were made; then recent ones; then the rest. Each resource once. */
export function groupResources(
  resources: readonly Resource[],
  favourites: readonly string[],
  recents: readonly string[],
): readonly ResourceGroup[] {
  const byName = new Map(resources.map((resource) => [resource.name, resource]));
  const take = (names: readonly string[]) =>
    names.flatMap((name) => {
      const found = byName.get(name);
      byName.delete(name);
      return found === undefined ? [] : [found];
    });
  const groups = [
    { title: 'Favourites', resources: take(favourites) },
    { title: 'Recent', resources: take(recents.slice(0, 5)) },
    { title: 'All resources', resources: [...byName.values()] },
  ];
  return groups.filter((group) => group.resources.length > 0);
}
