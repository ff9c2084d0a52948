import '../access/session-bar.css';
import type { Resource } from '@drawbridge/contract';
import type { TerminalStatus } from '../../main/ipc/terminal-port.ts';
import { SessionTimeLeft } from '../access/SessionTimeLeft.tsx';
import { EnvironmentTag } from '../resources/EnvironmentTag.tsx';
import { openAnotherTerminal, openLocalShell } from '../state/actions.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import { IconButton } from '../theme/IconButton.tsx';
import { Tag } from '../theme/Tag.tsx';
import type { TerminalTabState } from './use-terminal.ts';

interface TerminalBarProps {
  readonly tab: TerminalTabState;
  readonly resource: Resource | undefined;
  readonly status: TerminalStatus;
  readonly onFind: () => void;
  readonly onEnd: () => void;
}

/** What this shell is on, whether it is recorded, and how long it may last. */
export function TerminalBar({ tab, resource, status, onFind, onEnd }: TerminalBarProps) {
  const masked = resource?.maskedText.length ?? 0;
  return (
    <header className="sessionbar">
      <Icon name="terminal" className="t3" />
      <h1 className="strong ell">{tab.kind === 'ssh' ? tab.resource : tab.title}</h1>
      {resource === undefined ? null : <EnvironmentTag labels={resource.labels} />}
      {tab.kind === 'ssh' ? <span className="t2">{tab.profile}</span> : null}
      <span className="vsep" />
      <TerminalState tab={tab} status={status} />
      <div className="grow" />
      {masked === 0 ? null : (
        <Tag tone="masked">
          <Icon name="masked" small />
          Masking {masked} {masked === 1 ? 'kind of text' : 'kinds of text'}
        </Tag>
      )}
      {tab.kind === 'ssh' ? <SessionTimeLeft resource={tab.resource} profile={tab.profile} /> : null}
      <IconButton icon="plus" label="Another terminal like this" onClick={() => openAnother(tab)} />
      <IconButton icon="search" label="Find in the terminal" onClick={onFind} />
      <Button
        icon="power"
        onClick={onEnd}
        disabled={status.status !== 'live' && status.status !== 'connecting'}
      >
        {tab.kind === 'ssh' ? 'End session' : 'End shell'}
      </Button>
    </header>
  );
}

function openAnother(tab: TerminalTabState): void {
  if (tab.kind === 'ssh') openAnotherTerminal(tab.resource, tab.profile);
  else openLocalShell(tab.of);
}

function TerminalState({ tab, status }: Pick<TerminalBarProps, 'tab' | 'status'>) {
  switch (status.status) {
    case 'connecting':
      return (
        <span className="t3" role="status">
          {tab.kind === 'ssh' ? 'Connecting…' : 'Starting…'}
        </span>
      );
    case 'live':
      if (tab.kind === 'ssh') {
        return (
          <>
            <span className="recdot" />
            <span className="t2">Recording</span>
          </>
        );
      }
      return (
        <span className="t3">
          {status.environment === undefined
            ? 'On this computer, not recorded'
            : `On this computer, with PG variables for ${status.environment.resource}, ${status.environment.profile}`}
        </span>
      );
    case 'refused':
      return <span className="t3">Not connected</span>;
    case 'exited':
    case 'ended':
    case 'lost':
    case 'closed':
      return <span className="t3">{tab.kind === 'ssh' ? 'Session ended' : 'Shell ended'}</span>;
    default:
      return status satisfies never;
  }
}
