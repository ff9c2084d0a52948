import type { ReactNode } from 'react';
import { EnvironmentTag } from '../resources/EnvironmentTag.tsx';
import { protocolFacts } from '../resources/protocol-facts.ts';
import { useResource } from '../state/own-access.ts';
import { Icon } from '../theme/Icon.tsx';

interface LineHeadProps {
  readonly resource: string;
  readonly profile: string;
  readonly children?: ReactNode;
}

/** What a line of one's access is about. */
export function LineHead({ resource, profile, children }: LineHeadProps) {
  const found = useResource(resource);
  return (
    <div className="row">
      <Icon name={protocolFacts(found?.protocol ?? 'postgres').icon} className="t3" />
      <span className="strong">{resource}</span>
      <span className="t2">{profile}</span>
      {found === undefined ? null : <EnvironmentTag labels={found.labels} />}
      {children}
    </div>
  );
}
