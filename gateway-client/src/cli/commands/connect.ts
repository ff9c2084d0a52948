import { DrawbridgeError, type Grant, type Resource } from '@drawbridge/contract';
import type { Command } from 'commander';
import type { ApiClient } from '../../api-client.ts';
import { connectionSettings } from '../../connection-settings.ts';
import { liveEvents } from '../../live-events.ts';
import { type ConnectionEvent, openTunnel, type Tunnel } from '../../tunnel.ts';
import { addCommand, portArgument } from '../add-command.ts';
import type { CliContext, CommonOptions, Connected } from '../cli-context.ts';
import { interruptible } from '../interrupt.ts';
import { printable, printableJson } from '../output/printable.ts';
import { requirements } from '../output/states.ts';
import { table } from '../output/table.ts';
import { clockTime, relativeTime, span } from '../output/time.ts';
import { runCommand } from '../run-command.ts';
import { requestCommand } from './resources.ts';

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
  const grant = await usableGrant(context, api, resource, options.profile);
  const signedIn = await context.store.read(gateway);
  const ended = new AbortController();
  const tunnel = await openTunnel({
    gateway,
    tokens,
    resource: resource.name,
    protocol: resource.protocol,
    profile: grant.profile,
    ...(options.port === undefined ? {} : { port: options.port }),
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

async function usableGrant(
  context: CliContext,
  api: Pick<ApiClient, 'call'>,
  resource: Resource,
  profile: string | undefined,
): Promise<Grant> {
  const { grants } = await api.call('listGrants', { query: { scope: 'own', limit: 500 } });
  const usable = grants.filter(
    (grant) =>
      grant.resource === resource.name &&
      (grant.state === 'approved' || grant.state === 'active') &&
      (profile === undefined || grant.profile === profile),
  );
  if (usable.length > 1) {
    throw context.usage(
      `you have several grants for ${resource.name}: ${usable.map((grant) => grant.profile).join(', ')}`,
      `drawbridge connect ${resource.name} --profile ${usable[0]?.profile ?? ''}`,
    );
  }
  const grant = usable[0];
  if (grant) return grant;
  const { pending } = resource;
  if (pending && (profile === undefined || pending.profile === profile)) {
    throw new DrawbridgeError(
      'access_needed',
      `your request for ${resource.name} (${pending.profile}) still waits for ${requirements(pending.needs) || 'an approval'}`,
      { hint: 'drawbridge requests', id: pending.id },
    );
  }
  const asked = resource.profiles.find((candidate) =>
    profile === undefined ? candidate.access !== 'denied' : candidate.name === profile,
  );
  if (!asked && profile !== undefined)
    throw context.usage(
      `${resource.name} has no profile ${profile}`,
      `It has: ${resource.profiles.map((candidate) => candidate.name).join(', ')}`,
    );
  throw new DrawbridgeError(
    'access_needed',
    `you have no access to ${resource.name}${profile === undefined ? '' : ` (${profile})`} now`,
    { hint: requestCommand(resource.name, asked) },
  );
}

/** Session ends after which no connection of this tunnel can succeed. */
const accessIsOver = new Set<string>([
  'grant_expired',
  'grant_revoked',
  'signed_out',
  'resource_removed',
  'policy_changed',
]);

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
      if (event.code !== undefined && accessIsOver.has(event.code))
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
  if (options.json) {
    const { host, port, user, secret: password, database } = tunnel;
    // One line, at once: scripts read it while the tunnel stays open.
    context.stdout.write(
      `${printableJson({ resource: resource.name, profile: grant.profile, grant: grant.id, host, port, user, password, database, url: settings.url, env: settings.env })}\n`,
    );
  } else context.print(...card(context, resource, grant, tunnel));
  const interrupt = interruptible();
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

function card(context: CliContext, resource: Resource, grant: Grant, tunnel: Tunnel): string[] {
  const { style, clock } = context;
  const settings = connectionSettings(tunnel);
  const until =
    grant.expiresAt === undefined
      ? `for ${span(grant.duration * 1000)} from your first connection`
      : `until ${clockTime(grant.expiresAt, clock.now())} (${relativeTime(grant.expiresAt, clock.now())})`;
  const rows = [
    ['host', tunnel.host],
    ['port', String(tunnel.port)],
    ['user', printable(tunnel.user)],
    ['password', tunnel.secret],
    ['database', printable(tunnel.database)],
  ] as const;
  return [
    `${style.good('●')} ${style.bold(resource.name)} (${grant.profile}) is open on this computer ${until}.`,
    '',
    `  ${style.link(settings.command)}`,
    '',
    ...table(
      [{ title: '' }, { title: '' }],
      rows.map(([name, text]) => [{ text: name, paint: style.dim }, { text }]),
      { indent: '  ' },
    ),
    '',
    ...(resource.maskedColumns.length === 0
      ? []
      : [
          `  ${style.dim('masked')}    ${resource.maskedColumns
            .slice(0, 6)
            .map(({ column }) => style.masked(printable(column)))
            .join(', ')}${resource.maskedColumns.length > 6 ? ', …' : ''}`,
        ]),
    style.dim('  Every statement is recorded. Ctrl-C closes the tunnel.'),
  ];
}
