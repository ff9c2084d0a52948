import type { Grant, Resource } from '@drawbridge/contract';
import { connectionSettings } from '../../connection-settings.ts';
import type { Tunnel } from '../../tunnel.ts';
import type { CliContext } from '../cli-context.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';
import { clockTime, relativeTime, span } from './time.ts';

/** What to put into a client, while a tunnel stays open. Holds its secret. */
export function connectionCard(
  context: Pick<CliContext, 'style' | 'clock'>,
  resource: Resource,
  grant: Grant,
  tunnel: Tunnel,
): string[] {
  const { style, clock } = context;
  const until =
    grant.expiresAt === undefined
      ? `for ${span(grant.duration * 1000)} from your first connection`
      : `until ${clockTime(grant.expiresAt, clock.now())} (${relativeTime(grant.expiresAt, clock.now())})`;
  const masked = [
    ...resource.maskedColumns.map(({ column }) => column),
    ...new Set(resource.maskedText.map(({ detect }) => detect)),
  ];
  return [
    `${style.good('●')} ${style.bold(resource.name)} (${grant.profile}) is open on this computer ${until}.`,
    '',
    `  ${style.link(connectionSettings(tunnel).command)}`,
    '',
    ...table(
      [{ title: '' }, { title: '' }],
      rows(tunnel).map(([name, text]) => [{ text: name, paint: style.dim }, { text }]),
      { indent: '  ' },
    ),
    '',
    ...(masked.length === 0
      ? []
      : [
          `  ${style.dim('masked')}    ${masked
            .slice(0, 6)
            .map((name) => style.masked(printable(name)))
            .join(', ')}${masked.length > 6 ? ', …' : ''}`,
        ]),
    style.dim(
      resource.protocol === 'ssh'
        ? '  Everything on it is recorded. Ctrl-C closes the tunnel.'
        : '  Every statement is recorded. Ctrl-C closes the tunnel.',
    ),
  ];
}

function rows(tunnel: Tunnel): (readonly [name: string, text: string])[] {
  const address = [
    ['host', tunnel.host],
    ['port', String(tunnel.port)],
    ['user', printable(tunnel.user)],
  ] as const;
  if (tunnel.ssh !== undefined) return [...address, ['key', printable(tunnel.ssh.identityFile)]];
  return [...address, ['password', tunnel.secret], ['database', printable(tunnel.database)]];
}
