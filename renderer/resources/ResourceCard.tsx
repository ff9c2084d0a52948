import { Icon } from '../theme/Icon.tsx';
import { EnvironmentTag } from './EnvironmentTag.tsx';
import { MainAction } from './MainAction.tsx';
import { protocolFacts } from './protocol-facts.ts';
import { entryText, Pick, type ResourceEntryProps, Star } from './ResourceRow.tsx';

/** The same facts as a row, as a card. */
export function ResourceCard({ resource, access, favourite, selected, onSelect }: ResourceEntryProps) {
  return (
    <li className={selected ? 'rescard sel' : 'rescard'}>
      <div className="row">
        <span className="tile">
          <Icon name={protocolFacts(resource.protocol).icon} />
        </span>
        <span className="grow">
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
        </span>
        <Pick resource={resource.name} access={access} />
        <Star resource={resource.name} on={favourite} />
      </div>
      <p className="meta about">{resource.description ?? ''}</p>
      <div className="row">
        <EnvironmentTag labels={resource.labels} />
        <span className="grow" />
        <MainAction resource={resource} access={access} />
      </div>
    </li>
  );
}
