import type { RecordingHeader, Resource } from '@drawbridge/contract';
import { shortId } from '../sql/short-id.ts';
import { environmentOf } from '../state/environment.ts';
import { Icon } from '../theme/Icon.tsx';
import { Tag } from '../theme/Tag.tsx';

interface SessionFactsProps {
  readonly header: RecordingHeader;
  readonly labels: Resource['labels'];
}

/** Where a session was: resource, environment, profile, id. */
export function SessionFacts({ header, labels }: SessionFactsProps) {
  const environment = environmentOf(labels);
  return (
    <>
      <Icon name={header.protocol === 'ssh' ? 'terminal' : 'database'} small className="t3" />
      <span className="strong ell">{header.resource}</span>
      {environment.name === undefined ? null : (
        <Tag tone={environment.production ? 'prod' : 'plain'}>{environment.name}</Tag>
      )}
      <span className="t3">{header.profile}</span>
      <span className="meta mono sessionid selectable" title={header.session}>
        {shortId(header.session)}
      </span>
    </>
  );
}
