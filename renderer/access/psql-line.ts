import type { TunnelState } from '../../main/ipc/app-state.ts';

/** The line that opens psql on a tunnel. Its secret is asked for by psql, never part of a line in a history. */
export function psqlLine(tunnel: Pick<TunnelState, 'host' | 'port' | 'user' | 'database'>): string {
  return `psql "host=${tunnel.host} port=${tunnel.port} user=${tunnel.user} dbname=${tunnel.database}"`;
}
