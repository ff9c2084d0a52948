import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DocumentInput } from '@drawbridge/contract';
import { EmbeddedServer } from '@drawbridge/gateway/embedded-server';
import pg from 'pg';

/** A target that logs every statement it hears. */
export interface LoggedTarget {
  /** A resource that points at it. */
  readonly resource: DocumentInput;
  /** The statements so far that hold these words, as the target heard them. */
  heard(words: string): string[];
  /** Superuser's connection string. */
  readonly url: string;
  stop(): Promise<void>;
}

const STATEMENT = /(?:statement|execute [^:]*): (.*)$/;

/** @param name of the resource; its database has one table, `notes (n int, note text)`. */
export async function startLoggedTarget(name: string): Promise<LoggedTarget> {
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-target-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const log: string[] = [];
  try {
    await chmod(folder, 0o711);
    const server = await EmbeddedServer.start({
      folder: join(folder, 'server'),
      throwaway: true,
      settings: { log_statement: 'all' },
      log: (line) => log.push(line),
    });
    const stop = async () => {
      await server.stop();
      await remove();
    };
    try {
      const setup = new pg.Client(server.url());
      await setup.connect();
      await setup.query('create table notes (n int, note text)');
      await setup.end();
    } catch (error) {
      await stop();
      throw error;
    }
    const { hostname, port, username, password } = new URL(server.url());
    const credential = { username, password: { value: decodeURIComponent(password) } };
    return {
      url: server.url(),
      resource: {
        kind: 'Resource',
        name,
        protocol: 'postgres',
        labels: { env: 'staging' },
        target: { host: hostname, port: Number(port), database: 'postgres', tls: 'disable' },
        profiles: { write: { credential, allow: ['sql.read', 'sql.write', 'sql.session', 'sql.copy'] } },
      },
      heard: (words) =>
        log
          .flatMap((line) => STATEMENT.exec(line)?.[1] ?? [])
          .filter((statement) => statement.includes(words)),
      stop,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
