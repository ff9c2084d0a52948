import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Clock, systemClock } from '../../gateway/src/clock.ts';
import {
  PostgresServer,
  type PostgresServerParts,
} from '../../gateway/src/protocols/postgres/serve-postgres.ts';
import type { PostgresCredential, SessionEnd } from '../../gateway/src/sessions/session.ts';
import { ScriptedAnalysis } from './scripted-analysis.ts';
import { TestSession } from './test-session.ts';

export interface PostgresListener {
  readonly port: number;
  /** Sessions in the order they were accepted; a cancel request is one too. */
  readonly sessions: TestSession[];
  readonly ends: Promise<SessionEnd>[];
  readonly analysis: ScriptedAnalysis;
  close(): Promise<void>;
}

/** What a connection string says, as a credential. */
export function credentialOf(url: string): PostgresCredential {
  const { hostname, port, pathname, username, password } = new URL(url);
  return {
    protocol: 'postgres',
    host: hostname,
    port: Number(port),
    database: decodeURIComponent(pathname.slice(1)),
    tls: 'disable',
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}

/** Serves `PostgresServer` on a plain TCP port: each connection is a session of its own. */
export async function listenPostgres(
  target: PostgresCredential,
  options: {
    session?: (target: PostgresCredential) => TestSession;
    analyze?: PostgresServerParts['analyze'];
    clock?: Clock;
  } = {},
): Promise<PostgresListener> {
  const analysis = new ScriptedAnalysis();
  const protocol = new PostgresServer({
    clock: options.clock ?? systemClock,
    analyze: options.analyze ?? (async () => analysis),
  });
  const sessions: TestSession[] = [];
  const ends: Promise<SessionEnd>[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const session = options.session?.(target) ?? new TestSession(target);
    sessions.push(session);
    ends.push(protocol.accept(socket, session));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sessions,
    ends,
    analysis,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all(ends);
    },
  };
}
