import { shellWord } from './shell-word.ts';
import { keySettings, optionArguments } from './ssh/ssh-settings.ts';
import type { Tunnel } from './tunnel.ts';

/** What native tools need to use a tunnel. Holds its secret: for the person's own screen and processes only. */
export interface ConnectionSettings {
  /** Environment variables that libpq and most drivers read (https://www.postgresql.org/docs/current/libpq-envars.html). */
  readonly env: Readonly<Record<string, string>>;
  /** Variables that would lead a tool elsewhere in spite of `env`, or make it refuse the tunnel: not to be passed on. */
  readonly unset: readonly string[];
  readonly url: string;
  /** A line to paste into a shell. */
  readonly command: string;
}

export type TunnelAddress = Pick<
  Tunnel,
  'host' | 'port' | 'secret' | 'user' | 'database' | 'protocol' | 'ssh'
>;

export function connectionSettings(tunnel: TunnelAddress): ConnectionSettings {
  switch (tunnel.protocol) {
    case 'postgres':
      return postgresSettings(tunnel);
    case 'ssh':
      return sshSettings(tunnel);
    default:
      return tunnel.protocol satisfies never;
  }
}

function postgresSettings({ host, port, secret, user, database }: TunnelAddress): ConnectionSettings {
  // encodeURIComponent leaves the quote alone, and the URL stands in quotes in a shell.
  const part = (text: string) => encodeURIComponent(text).replaceAll("'", '%27');
  const url = `postgresql://${part(user)}:${part(secret)}@${host}:${port}/${part(database)}?sslmode=disable`;
  return {
    env: {
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
      PGPASSWORD: secret,
      PGDATABASE: database,
      // The hop is loopback; the tunnel itself is what is encrypted. Saves two round trips, and keeps sslmode=verify-full set elsewhere from failing.
      PGSSLMODE: 'disable',
      PGGSSENCMODE: 'disable',
    },
    unset: [
      'PGHOSTADDR',
      'PGSERVICE',
      'PGSERVICEFILE',
      'PGREQUIREAUTH',
      'PGCHANNELBINDING',
      'PGREQUIRESSL',
      'PGSSLNEGOTIATION',
      'PGTARGETSESSIONATTRS',
    ],
    url,
    command: `psql '${url}'`,
  };
}

/** SSH has no environment variables: all that leads a client is in the line, and in the files it names. */
function sshSettings({ host, port, user, ssh }: TunnelAddress): ConnectionSettings {
  const options = ssh === undefined ? [] : optionArguments(keySettings(ssh));
  return {
    env: {},
    unset: [],
    url: `ssh://${encodeURIComponent(user)}@${host}:${port}`,
    command: ['ssh', '-p', String(port), ...options, `${user}@${host}`]
      .map((word) => shellWord(word))
      .join(' '),
  };
}
