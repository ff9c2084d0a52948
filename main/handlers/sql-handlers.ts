import { connect } from 'node:net';
import type { MessagePortMain } from 'electron';
import type { Gateways } from '../gateway/gateways.ts';
import type { Handlers } from '../ipc/serve.ts';
import type { SqlEvent } from '../ipc/sql-port.ts';
import type { SqlConsoles } from '../sql/sql-consoles.ts';
import type { SqlHistory } from '../sql/sql-history.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { pagePort } from './message-port.ts';

export interface SqlHandlersParts {
  readonly gateways: Pick<Gateways, 'active'>;
  readonly tunnels: Tunnels;
  readonly consoles: SqlConsoles;
  readonly history: SqlHistory;
  /** Makes a channel, hands one end to the page and gives the other. */
  readonly openPort: (id: string) => MessagePortMain;
  readonly used: (resource: string) => void;
}

/**
 * SQL consoles. A console connects like every native program: to the tunnel's local port, with its secret, so
 * that there is one way in, counted and gated as one.
 */
export function sqlHandlers(
  parts: SqlHandlersParts,
): Pick<Handlers, 'sql.connect' | 'sql.history' | 'sql.remember'> {
  const { gateways, history } = parts;
  return {
    'sql.connect': async ({ id, resource, profile }) => {
      const gateway = gateways.active();
      const { state, tunnel } = await parts.tunnels.open(gateway, resource, profile);
      const known = gateway.view.resources?.find(({ name }) => name === resource);
      parts.consoles.connect(pagePort<SqlEvent>(parts.openPort(id)), {
        tunnel: state.id,
        resource,
        user: tunnel.user,
        database: tunnel.database,
        secret: tunnel.secret,
        maskedColumns: known?.maskedColumns ?? [],
        dial: () => connect({ host: tunnel.host, port: tunnel.port, noDelay: true }),
      });
      parts.used(resource);
      return undefined;
    },
    'sql.history': ({ resource }) => ({ entries: history.entries(gateways.active().profile.id, resource) }),
    'sql.remember': ({ resource, text, ok }) => {
      history.remember(gateways.active().profile.id, resource, text, ok);
      return undefined;
    },
  };
}
