import type { TerminalSize, TerminalStatus } from '../../main/ipc/terminal-port.ts';
import { useApp } from '../state/app-store.ts';
import { hostOf } from '../state/gateway-address.ts';
import type { TerminalTabState } from './use-terminal.ts';

interface TerminalStatusBarProps {
  readonly tab: TerminalTabState;
  readonly status: TerminalStatus;
  readonly size: TerminalSize | undefined;
}

/** Where the shell runs, how large its screen is, and how something gets out of it. */
export function TerminalStatusBar({ tab, status, size }: TerminalStatusBarProps) {
  const platform = useApp((state) => state.app.platform);
  const gateway = useApp((state) => state.gateways.find(({ id }) => id === state.activeGateway)?.url);
  const live = status.status === 'live';
  const host = gateway === undefined ? 'the gateway' : hostOf(gateway);
  return (
    <footer className="statusbar">
      <span className={live ? 'termdot on' : 'termdot'} />
      <span>
        {tab.kind === 'shell' ? 'This computer' : live ? `Connected through ${host}` : 'Not connected'}
      </span>
      {size === undefined ? null : (
        <span className="t3 num">
          {size.columns} × {size.rows}
        </span>
      )}
      <span className="grow" />
      <span className="t3 ell">
        Programs can't reach your clipboard. Select and{' '}
        <span className="kbd">{platform === 'darwin' ? '⌘C' : 'Ctrl Shift C'}</span> to copy.
      </span>
    </footer>
  );
}
