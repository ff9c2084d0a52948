import { DrawbridgeError, type Grant, type Resource } from '@drawbridge/contract';
import type { Command } from 'commander';
import { connectionSettings } from '../../connection-settings.ts';
import { liveEvents } from '../../live-events.ts';
import { type ConnectionEvent, openTunnel, type Tunnel } from '../../tunnel.ts';
import { addCommand, portArgument } from '../add-command.ts';
import type { CliContext, CommonOptions, Connected } from '../cli-context.ts';
import { interruptible } from '../interrupt.ts';
import { connectionCard } from '../output/connection-card.ts';
import { printable, printableJson } from '../output/printable.ts';
import { clockTime } from '../output/time.ts';
import { runCommand } from '../run-command.ts';
import { sshKey } from '../ssh-key.ts';
import { isAccessOver, usableGrant } from '../usable-grant.ts';

interface ConnectOptions extends CommonOptions {
  readonly profile?: string;
  readonly port?: number;
}

export function registerConnect(program: Command, context: CliContext): void {
  addCommand(
    program,
    'connect <resource> [command...]',
    'Open a tunnel to a resource, and run a command in it if one is given',
    [
      'drawbridge connect orders-db -- psql',
      'drawbridge connect orders-db --profile read -- psql -c "select count(*) from orders"',
      'drawbridge connect orders-db --port 15432   # stays open, for any client',
    ],
  )
    .option('-p, --profile <name>', 'needed only where you have several')
    .option('--port <port>', 'local port (default: any free one)', portArgument)
    .action((resource: string, command: string[], options: ConnectOptions) =>
      connect(context, resource, command, options),
    );
}

async function connect(
  context: CliContext,
  name: string,
  command: readonly string[],
  options: ConnectOptions,
): Promise<void> {
  const connected = await context.connect(options);
  const { api, gateway, tokens } = connected;
  const resource = await api.call('getResource', { params: { name } });
  const grant = await usableGrant(context, api, resource, options.profile, 'drawbridge connect');
  const signedIn = await context.store.read(gateway);
  const ssh = resource.protocol === 'ssh' ? await sshKey(context, connected) : undefined;
  const ended = new AbortController();
  const tunnel = await openTunnel({
    gateway,
    tokens,
    resource: resource.name,
    protocol: resource.protocol,
    profile: grant.profile,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(ssh === undefined ? {} : { ssh, clientKey: ssh.publicKey }),
    ...(signedIn?.name === undefined ? {} : { user: signedIn.name }),
    database: resource.database ?? resource.name,
    // A running command shows these errors itself, as its protocol's own.
    ...(command.length > 0
      ? {}
      : { onConnection: (event: ConnectionEvent) => report(context, event, ended) }),
  });
  try {
    if (command.length > 0) {
      const { env, unset } = connectionSettings(tunnel);
      const own = Object.fromEntries(
        Object.entries(context.env).filter(([variable]) => !unset.includes(variable)),
      );
      context.exitStatus = await runCommand(command, { ...own, ...env });
    } else await stayOpen(context, connected, resource, grant, tunnel, ended, options);
  } finally {
    await tunnel.close();
  }
}

function report(context: CliContext, event: ConnectionEvent, ended: AbortController): void {
  const { style } = context;
  const time = style.dim(clockTime(new Date(context.clock.now()).toISOString(), context.clock.now()));
  switch (event.type) {
    case 'opened':
      context.note(`${time}  connected, ${event.live} open`);
      return;
    case 'refused':
      context.note(`${time}  ${style.bad('refused')}: ${printable(event.refusal.message)}`);
      return;
    case 'ended':
      context.note(
        `${time}  disconnected${event.code === undefined ? '' : `: ${event.code.replaceAll('_', ' ')}`}, ${event.live} open`,
      );
      if (event.code !== undefined && isAccessOver(event.code))
        ended.abort(accessEnded(event.code.replaceAll('_', ' ')));
      return;
    default:
      event satisfies never;
  }
}

const accessEnded = (why: string): DrawbridgeError =>
  new DrawbridgeError('access_needed', `access ended: ${why}`, { hint: 'drawbridge resources' });

async function stayOpen(
  context: CliContext,
  { api }: Connected,
  resource: Resource,
  grant: Grant,
  tunnel: Tunnel,
  ended: AbortController,
  options: ConnectOptions,
): Promise<void> {
  const settings = connectionSettings(tunnel);
  // Before anything says that Ctrl-C ends it.
  const interrupt = interruptible();
  if (options.json) {
    const { host, port, user, secret: password, database, ssh } = tunnel;
    const own = ssh === undefined ? { password, database } : { command: settings.command, ...ssh };
    // One line, at once: scripts read it while the tunnel stays open.
    context.stdout.write(
      `${printableJson({ resource: resource.name, profile: grant.profile, grant: grant.id, host, port, user, ...own, url: settings.url, env: settings.env })}\n`,
    );
  } else context.print(...connectionCard(context, resource, grant, tunnel));
  const stop = AbortSignal.any([interrupt.signal, ended.signal]);
  try {
    for await (const event of liveEvents({ api, signal: stop, clock: context.clock })) {
      let now: Grant;
      if (event.type === 'hello')
        now = await api.call('getGrant', { params: { id: grant.id } }, { signal: stop });
      else if (event.type === 'grant' && event.grant.id === grant.id) now = event.grant;
      else continue;
      if (now.state !== 'approved' && now.state !== 'active')
        throw accessEnded(
          now.endReason === undefined
            ? `grant ${now.state}`
            : `grant ${now.state}: ${printable(now.endReason)}`,
        );
      if (now.state === 'active' && grant.state === 'approved' && now.expiresAt !== undefined) {
        context.note(
          `${context.style.good('●')} The time runs: access ends at ${clockTime(now.expiresAt, context.clock.now())}.`,
        );
      }
      grant = now;
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    interrupt.dispose();
  }
  if (ended.signal.aborted) throw ended.signal.reason;
  if (!options.json) context.note('', 'The tunnel is closed.');
}
