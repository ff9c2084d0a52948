import type { Resource } from '@drawbridge/contract';
import type { Access } from '../state/access-to.ts';
import { toggleFavourite } from '../state/actions.ts';
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
