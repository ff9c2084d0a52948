import type { TerminalStatus } from '../../main/ipc/terminal-port.ts';
import { useApp } from '../state/app-store.ts';
import { useNow } from '../state/clock.ts';
import { isUsable } from '../state/grant-time.ts';
import { useGrantOf } from '../state/own-access.ts';
import { clockText } from '../state/time-text.ts';
import { openRequest } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Icon, type IconName } from '../theme/Icon.tsx';
import type { TerminalTabState } from './use-terminal.ts';

interface TerminalStripProps {
  readonly tab: TerminalTabState;
  readonly status: TerminalStatus;
  readonly onConnect: () => void;
}

interface Words {
  readonly icon: IconName;
  readonly text: string;
  readonly denied: boolean;
  /** What the button says that starts it anew. */
  readonly again: string;
}

/** Why nothing runs in the terminal, and the next step. What was written stays. */
export function TerminalStrip({ tab, status, onConnect }: TerminalStripProps) {
  const signIn = useApp(({ connection }) => connection.status);
  const waiting = signIn === 'sign-in-needed' || signIn === 'signing-in';
  if (tab.kind === 'ssh' && status.status === 'connecting' && waiting) {
    return (
      <div className="notice" role="status">
        <Icon name="clock" />
        <span className="grow">Waits for you to sign in. Then the shell opens by itself.</span>
      </div>
    );
  }
  const words = wordsOf(tab, status);
  if (words === undefined) return null;
  return (
    <div className={words.denied ? 'notice denied' : 'notice plain'} role="alert">
      <Icon name={words.icon} />
      <span className="grow selectable">{words.text}</span>
      {tab.kind === 'ssh' ? (
        <AgainOrAsk
          resource={tab.resource}
          profile={tab.profile}
          again={words.again}
          force={status.status === 'refused'}
          onConnect={onConnect}
        />
      ) : (
        <Button icon="retry" onClick={onConnect}>
          {words.again}
        </Button>
      )}
    </div>
  );
}

interface AgainOrAskProps {
  readonly resource: string;
  readonly profile: string;
  readonly again: string;
  /** Offers another try also where there seems to be no access. */
  readonly force: boolean;
  readonly onConnect: () => void;
}

function AgainOrAsk({ resource, profile, again, force, onConnect }: AgainOrAskProps) {
  const grant = useGrantOf(resource, profile);
  const now = useNow();
  const may = grant !== undefined && isUsable(grant, now);
  return (
    <>
      {may || force ? (
        <Button icon="retry" onClick={onConnect}>
          {again}
        </Button>
      ) : null}
      {may ? null : (
        <Button look="primary" onClick={() => openRequest(resource, profile)}>
          Request access
        </Button>
      )}
    </>
  );
}

function wordsOf(tab: TerminalTabState, status: TerminalStatus): Words | undefined {
  const shell = tab.kind === 'shell';
  const again = shell ? 'New shell' : 'Connect again';
  switch (status.status) {
    case 'connecting':
    case 'live':
      return undefined;
    case 'refused':
      return {
        icon: 'warning',
        denied: true,
        again: 'Try again',
        text: `${shell ? 'The shell did not start' : 'Not connected'}: ${sentence(status.message)} ${status.hint ?? ''}`,
      };
    case 'exited':
      return {
        icon: 'power',
        denied: false,
        again,
        text:
          status.signal !== undefined
            ? `The shell was ended by ${status.signal}.`
            : status.code === undefined || status.code === 0
              ? 'The shell exited.'
              : `The shell exited with status ${status.code}.`,
      };
    case 'ended':
      return {
        icon: 'lock',
        denied: true,
        again,
        text: `The gateway ended the session: ${sentence(status.message)}`,
      };
    case 'lost':
      return {
        icon: 'offline',
        denied: true,
        again: 'Reconnect',
        text: `Connection lost at ${clockText(status.at)} UTC. What ran in the shell got SIGHUP.`,
      };
    case 'closed':
      return { icon: 'power', denied: false, again, text: `You ended the ${shell ? 'shell' : 'session'}.` };
    default:
      return status satisfies never;
  }
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
