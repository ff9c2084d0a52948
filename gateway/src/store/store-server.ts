import { Client } from 'pg';
import { EmbeddedServer } from './embedded-server.ts';
import { runningServerUrl } from './running-server.ts';

/** Where the store is, and how to let go of it. */
export interface StoreServer {
  /** Connection string; holds a password, so not to be logged. */
  readonly url: string;
  /** Resolves when the server that belongs to this gateway has ended by itself; never for one that doesn't. */
  readonly lost: Promise<void>;
  close(): Promise<void>;
}

const DATABASE = 'drawbridge';
const DUPLICATE_DATABASE = '42P04';

/**
 * The configured PostgreSQL, or one that the gateway starts for itself.
 * @param folder of the embedded server's data.
 */
export async function openStoreServer(
  url: string | undefined,
  folder: string,
  log: (line: string) => void,
): Promise<StoreServer> {
  if (url !== undefined) return { url, lost: new Promise(() => undefined), close: async () => undefined };
  const server = await EmbeddedServer.start({ folder, log });
  try {
    await createDatabase(server.url());
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { url: server.url(DATABASE), lost: server.exited, close: () => server.stop() };
}

/**
 * The same for a command that looks something up and is gone: beside a gateway that serves from this folder, its own
 * embedded server is used, and left running.
 * @throws Error that says what to do.
 */
export async function joinStoreServer(
  url: string | undefined,
  folder: string,
  log: (line: string) => void,
): Promise<Pick<StoreServer, 'url' | 'close'>> {
  const running = url ?? (await runningServerUrl(folder, DATABASE));
  return openStoreServer(running, folder, log);
}

async function createDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create database ${DATABASE}`);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === DUPLICATE_DATABASE)) throw error;
  } finally {
    await client.end();
  }
}
