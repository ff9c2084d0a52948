import type { Gateways } from '../gateway/gateways.ts';
import type { Handlers } from '../ipc/serve.ts';
import { connectionText } from '../tunnels/connection-text.ts';
import type { NativeApps } from '../tunnels/native-app.ts';
import type { OpenTunnel, Tunnels } from '../tunnels/tunnels.ts';

type TunnelOperations =
  | 'tunnels.open'
  | 'tunnels.close'
  | 'tunnels.setPort'
  | 'tunnels.revealSecret'
  | 'tunnels.copy'
  | 'tunnels.openIn';

export interface TunnelHandlersParts {
  readonly gateways: Pick<Gateways, 'active'>;
  readonly tunnels: Tunnels;
  readonly nativeApps: NativeApps;
  readonly writeClipboard: (text: string) => void;
  readonly toast: (title: string, body?: string) => void;
  /** A resource was connected to. */
  readonly used: (resource: string) => void;
}

const labelOf = ({ state }: OpenTunnel): string => `${state.resource}, ${state.profile}`;

/** Tunnels and what native programs need to use them. */
export function tunnelHandlers(parts: TunnelHandlersParts): Pick<Handlers, TunnelOperations> {
  const { gateways, tunnels } = parts;
  return {
    'tunnels.open': async ({ resource, profile }) => {
      const { state } = await tunnels.open(gateways.active(), resource, profile);
      parts.used(resource);
      return { tunnel: state.id };
    },
    'tunnels.close': ({ tunnel }) => tunnels.close(tunnel).then(() => undefined),
    'tunnels.setPort': ({ resource, profile, port }) =>
      tunnels.setPort(gateways.active(), resource, profile, port).then(() => undefined),
    'tunnels.revealSecret': ({ tunnel }) => ({ secret: tunnels.get(tunnel).tunnel.secret }),
    'tunnels.copy': ({ tunnel, what }) => {
      parts.writeClipboard(connectionText(tunnels.get(tunnel).tunnel, what));
      return undefined;
    },
    'tunnels.openIn': async ({ tunnel, app }) => {
      const open = tunnels.get(tunnel);
      const launch = await parts.nativeApps.open(app, open.tunnel, labelOf(open));
      if (launch.asksForSecret) {
        parts.writeClipboard(open.tunnel.secret);
        parts.toast(`Opened in ${launch.title}`, 'It asks for the password: that is on the clipboard.');
      } else parts.toast(`Opened in ${launch.title}`, 'Its terminal has the connection set: type psql.');
      return undefined;
    },
  };
}
