import '../access/session-bar.css';
import type { Resource } from '@drawbridge/contract';
import { SessionTimeLeft } from '../access/SessionTimeLeft.tsx';
import { environmentOf } from '../state/environment.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { Tag } from '../theme/Tag.tsx';
import type { ConsoleConnection } from './console/console-state.ts';
import { shortId } from './short-id.ts';

interface SessionBarProps {
  readonly name: string;
  readonly profile: string;
  readonly resource: Resource | undefined;
  readonly connection: ConsoleConnection;
  readonly onEnd: () => void;
}

/** What this session is, that it is recorded, what is masked in it, and how long it may last. */
export function SessionBar({ name, profile, resource, connection, onEnd }: SessionBarProps) {
  const environment = environmentOf(resource?.labels ?? {});
  const masked = resource?.maskedColumns.length ?? 0;
  return (
    <header className="sessionbar">
      <Icon name="database" className="t3" />
      <h1 className="strong ell">{name}</h1>
      {environment.name === undefined ? null : (
        <Tag tone={environment.production ? 'prod' : 'plain'}>{environment.name}</Tag>
      )}
      <span className="t2">{profile}</span>
      <span className="vsep" />
      <SessionState connection={connection} />
      <div className="grow" />
      {masked === 0 ? null : (
        <Tag tone="masked">
          <Icon name="masked" small />
          Masking {masked} column{masked === 1 ? '' : 's'}
        </Tag>
      )}
      <SessionTimeLeft resource={name} profile={profile} />
      <Button icon="power" onClick={onEnd} disabled={connection.status !== 'ready'}>
        End session
      </Button>
    </header>
  );
}

function SessionState({ connection }: Pick<SessionBarProps, 'connection'>) {
  switch (connection.status) {
    case 'connecting':
      return (
        <span className="t3" role="status">
          Connecting…
        </span>
      );
    case 'failed':
      return <span className="t3">Not connected</span>;
    case 'closed':
      return (
        <>
          <span className="t3">Session ended</span>
          {connection.session === undefined ? null : (
            <span className="meta mono sessionid">{shortId(connection.session)}</span>
          )}
        </>
      );
    case 'ready':
      return (
        <>
          <span className="recdot" />
          <span className="t2">Recording</span>
          {connection.session === undefined ? null : (
            <span className="meta mono sessionid selectable" title={connection.session}>
              {shortId(connection.session)}
            </span>
          )}
        </>
      );
    default:
      return connection satisfies never;
  }
}
