import { useNow } from '../state/clock.ts';
import { isUsable } from '../state/grant-time.ts';
import { useGrantOf } from '../state/own-access.ts';
import { openRequest } from '../state/view.ts';
import { Button } from '../theme/Button.tsx';
import { Icon } from '../theme/Icon.tsx';
import type { ConsoleConnection } from './console/console-state.ts';
import { withoutPrefix } from './results/refusal.ts';

interface ConnectionStripProps {
  readonly connection: ConsoleConnection;
  readonly resource: string;
  readonly profile: string;
  readonly onConnect: () => void;
}

/** Why there is no connection, and the next step. What was written and what came back stays. */
export function ConnectionStrip({ connection, resource, profile, onConnect }: ConnectionStripProps) {
  const grant = useGrantOf(resource, profile);
  const now = useNow();
  if (connection.status !== 'failed' && connection.status !== 'closed') return null;
  const may = grant !== undefined && isUsable(grant, now);
  const hint = connection.status === 'failed' ? connection.hint : undefined;
  const ended = connection.status === 'closed' && connection.ended;
  return (
    <div className={ended || connection.status === 'failed' ? 'notice denied' : 'notice plain'} role="alert">
      <Icon name={ended ? 'lock' : connection.status === 'failed' ? 'warning' : 'power'} />
      <span className="grow selectable">
        {connection.status === 'failed' ? 'Not connected: ' : ''}
        {sentence(withoutPrefix(connection.message))} {hint}
      </span>
      {may || connection.status === 'failed' ? (
        <Button icon="retry" onClick={onConnect}>
          {connection.status === 'failed' ? 'Try again' : 'Connect again'}
        </Button>
      ) : null}
      {may ? null : (
        <Button look="primary" onClick={() => openRequest(resource, profile)}>
          Request access
        </Button>
      )}
    </div>
  );
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
