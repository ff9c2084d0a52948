import type { ProfileAccess, Resource } from '@drawbridge/contract';
import { EnvironmentTag } from '../resources/EnvironmentTag.tsx';
import { protocolFacts } from '../resources/protocol-facts.ts';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { Seg } from '../theme/Seg.tsx';

/** One resource of a request, with the profile that is asked for. */
export interface Target {
  readonly resource: Resource;
  readonly profile: ProfileAccess;
}

interface TargetListProps {
  readonly targets: readonly Target[];
  readonly onProfile: (resource: string, profile: string) => void;
  readonly onRemove: (resource: string) => void;
}

/** Several resources of one request, each with its profile. */
export function TargetList({ targets, onProfile, onRemove }: TargetListProps) {
  return (
    <fieldset>
      <legend className="lab">Resources, decided together</legend>
      <ul className="targetlist">
        {targets.map(({ resource, profile }) => (
          <li key={resource.name}>
            <Icon name={protocolFacts(resource.protocol).icon} small className="t3" />
            <span className="strong ell">{resource.name}</span>
            <EnvironmentTag labels={resource.labels} />
            <span className="grow" />
            <Seg
              label={`Profile of ${resource.name}`}
              value={profile.name}
              options={resource.profiles
                .filter((candidate) => candidate.access !== 'denied')
                .map((candidate) => ({ value: candidate.name, text: candidate.name }))}
              onChange={(name) => onProfile(resource.name, name)}
            />
            <IconButton
              small
              icon="close"
              label={`Leave out ${resource.name}`}
              onClick={() => onRemove(resource.name)}
            />
          </li>
        ))}
      </ul>
    </fieldset>
  );
}
