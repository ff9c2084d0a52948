import type { Resource } from '@drawbridge/contract';
import type { Access } from '../state/access-to.ts';
import { toggleFavourite } from '../state/actions.ts';
import { togglePicked, useView } from '../state/view.ts';
import { Icon } from '../theme/Icon.tsx';
import { EnvironmentTag } from './EnvironmentTag.tsx';
import { MainAction } from './MainAction.tsx';
import { protocolFacts } from './protocol-facts.ts';

export interface ResourceEntryProps {
  readonly resource: Resource;
  readonly access: Access;
  readonly favourite: boolean;
  readonly selected: boolean;
  readonly onSelect: () => void;
}

/** One line of the list. The name is the button that selects the line; it covers what isn't a button itself. */
export function ResourceRow({ resource, access, favourite, selected, onSelect }: ResourceEntryProps) {
  const { icon } = protocolFacts(resource.protocol);
  return (
    <li className={selected ? 'res sel' : 'res'}>
      <Pick resource={resource.name} access={access} />
      <Star resource={resource.name} on={favourite} />
      <span className="kind">
        <Icon name={icon} />
      </span>
      <button
        type="button"
        className="name cover"
        data-resource={resource.name}
        aria-current={selected ? 'true' : undefined}
        onClick={onSelect}
        onFocus={onSelect}
      >
        <span className="ell">{resource.name}</span>
      </button>
      <span className="meta ell">{entryText(resource, access)}</span>
      <span className="env">
        <EnvironmentTag labels={resource.labels} />
      </span>
      <span className="act">
        <MainAction resource={resource} access={access} />
      </span>
    </li>
  );
}

/** `PostgreSQL, read`; without access what the resource is. */
export function entryText(resource: Resource, access: Access): string {
  const { name } = protocolFacts(resource.protocol);
  if (access.kind === 'active' || access.kind === 'ready') return `${name}, ${access.grant.profile}`;
  if (access.kind === 'waiting' || access.kind === 'denied') return `${name}, ${access.request.profile}`;
  return name;
}

/** The most resources that one request can be for. */
const MOST_PICKED = 20;

/** Ticks a resource that can be asked for, to ask for several at once. */
export function Pick({ resource, access }: { readonly resource: string; readonly access: Access }) {
  const picked = useView((view) => view.picked);
  const on = picked.includes(resource);
  const may = access.kind === 'none' || access.kind === 'denied';
  if (!may) return <span className="pick" />;
  return (
    <span className={picked.length > 0 ? 'pick always' : 'pick'}>
      <input
        type="checkbox"
        checked={on}
        disabled={!on && picked.length >= MOST_PICKED}
        aria-label={`Pick ${resource}`}
        onChange={() => togglePicked(resource)}
      />
    </span>
  );
}

export function Star({ resource, on }: { readonly resource: string; readonly on: boolean }) {
  return (
    <button
      type="button"
      className={on ? 'star on' : 'star'}
      aria-pressed={on}
      aria-label={`Favourite ${resource}`}
      onClick={() => toggleFavourite(resource)}
    >
      <Icon name="star" className={on ? 'fill' : ''} />
    </button>
  );
}
