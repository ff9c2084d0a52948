import { userInfo } from 'node:os';
import { connectionSettings, type openByteStream } from '@drawbridge/gateway-client';
import type { MessagePortMain } from 'electron';
import { AppError } from '../app-error.ts';
import type { MainClock } from '../clock.ts';
import type { GatewayConnection } from '../gateway/gateway-connection.ts';
import type { Gateways } from '../gateway/gateways.ts';
import type { TerminalTarget } from '../ipc/contract.ts';
import type { Handlers } from '../ipc/serve.ts';
import type { TerminalEvent } from '../ipc/terminal-port.ts';
import type { HostNames } from '../terminals/host-names.ts';
import { startLocalShell } from '../terminals/local-shell.ts';
import type { ShellConsent } from '../terminals/shell-consent.ts';
import { shellEnvironment } from '../terminals/shell-environment.ts';
import { startSshShell } from '../terminals/ssh-shell.ts';
import type { StartProcess } from '../terminals/terminal-process.ts';
import type { Terminals } from '../terminals/terminals.ts';
import type { OpenTunnel, Tunnels } from '../tunnels/tunnels.ts';
import { pagePort } from './message-port.ts';

export interface TerminalHandlersParts {
  readonly gateways: Pick<Gateways, 'active'>;
  readonly tunnels: Tunnels;
  readonly terminals: Terminals;
  readonly consent: ShellConsent;
  readonly hosts: Pick<HostNames, 'environment'>;
  readonly openStream: typeof openByteStream;
  /** Makes a channel, hands one end to the page and gives the other. */
  readonly openPort: (id: string) => MessagePortMain;
  readonly clock: MainClock;
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly version: string;
  readonly used: (resource: string) => void;
}

/** Terminals: shells on resources, and on this computer. */
export function terminalHandlers(
  parts: TerminalHandlersParts,
): Pick<Handlers, 'terminals.attach' | 'terminals.close'> {
  const { gateways, terminals } = parts;
  return {
    'terminals.attach': ({ id, tab, target, size }) => {
      const gateway = gateways.active();
      const start =
        target.kind === 'ssh' ? onResource(parts, gateway, target) : onComputer(parts, gateway, target);
      const port = pagePort<TerminalEvent>(parts.openPort(id));
      terminals.attach({ gateway: gateway.profile.id, id: tab, target }, start, port, size);
      return undefined;
    },
    'terminals.close': ({ tab }) => {
      terminals.close(gateways.active().profile.id, tab);
      return undefined;
    },
  };
}

/** A shell on a resource. Its stream goes straight to the gateway: no local port that others could find. */
function onResource(
  parts: TerminalHandlersParts,
  gateway: GatewayConnection,
  { resource, profile }: Extract<TerminalTarget, { kind: 'ssh' }>,
): StartProcess {
  return async (size, events, signal) => {
    const { me } = gateway.view;
    if (me === undefined)
      throw new AppError('no_gateway', 'the gateway has not said yet who it is', 'Try again in a moment.');
    const open = async (clientKey: string) => {
      try {
        const target = { gateway: gateway.profile.url, tokens: gateway.tunnelTokens, resource, profile };
        return await parts.openStream({ ...target, clientKey, signal });
      } catch (error) {
        gateway.noticeFailure(error);
        throw error;
      }
    };
    const { sshHostKey: hostKey } = me.gateway;
    const shell = await startSshShell({ open, hostKey, clock: parts.clock }, size, events, signal);
    parts.used(resource);
    return shell;
  };
}

/** A shell on this computer, with the `PG…` variables of a tunnel where one is meant. */
function onComputer(
  parts: TerminalHandlersParts,
  gateway: GatewayConnection,
  { of }: Extract<TerminalTarget, { kind: 'shell' }>,
): StartProcess {
  return async (size, events) => {
    await parts.consent.need();
    // Loaded when the first shell opens: it is native, and where it can't be loaded all else still works.
    const { spawn } = await import('@lydell/node-pty');
    const meant =
      of === undefined
        ? onlyTunnel(parts.tunnels, gateway.profile.id)
        : await parts.tunnels.open(gateway, of.resource, of.profile);
    const { env, platform, home, version } = parts;
    const settings = meant && connectionSettings(meant.tunnel);
    const environment = meant && environmentOf(meant);
    const shellEnv = shellEnvironment({ env, platform, version, settings });
    Object.assign(shellEnv, await parts.hosts.environment(gateway, shellEnv.PATH ?? ''));
    const shell = userInfo().shell ?? undefined;
    return startLocalShell({ spawn, platform, shell, home, env: shellEnv, size, environment }, events);
  };
}

/** The one open tunnel that has variables; of several none is meant more than another. */
function onlyTunnel(tunnels: Tunnels, gateway: string): OpenTunnel | undefined {
  const open = tunnels.all.filter(
    (entry) => entry.gateway === gateway && entry.tunnel.protocol === 'postgres',
  );
  return open.length === 1 ? open[0] : undefined;
}

const environmentOf = ({ state: { resource, profile } }: OpenTunnel) => ({ resource, profile });
