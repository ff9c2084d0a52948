import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { superuserUrl } from './embedded-server.ts';
import { livingOwner } from './server-folder.ts';

/** PostgreSQL's lock file, as of version 10: where it listens is on the fourth line, how it does on the eighth. */
const LINES = { port: 3, status: 7 };

/**
 * How to reach the embedded server of a folder that another process has taken. Holds a password, so not to be logged.
 * @returns undefined where no living process has.
 * @throws Error when that process has no server that is ready: it begins or ends.
 */
export async function runningServerUrl(folder: string, database: string): Promise<string | undefined> {
  const owner = await livingOwner(folder);
  if (owner === undefined) return undefined;
  const lines = (await readFile(join(folder, 'cluster', 'postmaster.pid'), 'utf8').catch(() => '')).split(
    '\n',
  );
  const port = Number(lines[LINES.port]);
  if (!Number.isInteger(port) || port < 1 || lines[LINES.status]?.trim() !== 'ready')
    throw new Error(
      `The gateway on this data folder (process ${owner}) is starting or stopping. Try again in a moment.`,
    );
  const password = await readFile(join(folder, 'superuser-password'), 'utf8');
  return superuserUrl(password.trim(), port, database);
}
