import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createPrivateFile } from './private-file.ts';
import { processCommand, processIdentity } from './process-identity.ts';
import { type ServerUser, serverUser } from './server-user.ts';

/** How long a server that is told to stop may take, in ms, before it is told more firmly. */
export const PATIENCE = { fast: 15_000, immediate: 5_000 };

/** The folder of one embedded server: its cluster, its superuser's password, and the mark of the process that owns it. */
export class ServerFolder {
  readonly path: string;
  /** Who the server runs as; undefined: as we do. */
  readonly user: ServerUser | undefined;

  private constructor(path: string, user: ServerUser | undefined) {
    this.path = path;
    this.user = user;
  }

  get cluster(): string {
    return join(this.path, 'cluster');
  }

  get passwordFile(): string {
    return join(this.path, 'superuser-password');
  }

  private get ownerFile(): string {
    return ownerFileOf(this.path);
  }

  /**
   * Takes the folder for this process; a server left behind by a process that is gone is stopped.
   * @throws Error when a living process owns it.
   */
  static async take(path: string): Promise<ServerFolder> {
    await mkdir(path, { recursive: true });
    const real = await realpath(path);
    const folder = new ServerFolder(real, await serverUser(join(real, 'cluster')));
    await folder.own();
    await folder.giveToServer(real, 0o700);
    try {
      await folder.stopLeftover();
    } catch (error) {
      await folder.release();
      throw error;
    }
    return folder;
  }

  /** Sets the mode of a file and hands it to the user that the server runs as. */
  async giveToServer(path: string, mode: number): Promise<void> {
    await chmod(path, mode);
    if (this.user) await chown(path, this.user.uid, this.user.gid);
  }

  async release(): Promise<void> {
    await rm(this.ownerFile, { force: true });
  }

  private async own(): Promise<void> {
    const mark = { pid: process.pid, started: await processIdentity(process.pid) };
    for (;;) {
      if (await createPrivateFile(this.ownerFile, JSON.stringify(mark))) return;
      const owner = await livingOwner(this.path);
      if (owner !== undefined) {
        throw new Error(
          `The embedded PostgreSQL in ${this.path} is in use by process ${owner}. Stop that gateway, or give this one another data folder.`,
        );
      }
      // Moved aside rather than deleted: of two processes that find the same stale mark, one gets it.
      const aside = `${this.ownerFile}.${randomUUID()}`;
      await rename(this.ownerFile, aside).catch(() => undefined);
      await rm(aside, { force: true });
    }
  }

  private async stopLeftover(): Promise<void> {
    const file = join(this.cluster, 'postmaster.pid');
    const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
    if (!(pid > 0)) return;
    const command = await processCommand(pid);
    if (command === undefined) return; // PostgreSQL clears up a dead one's file by itself.
    if (!command.split('\0').includes(this.cluster) && !command.includes(`-D ${this.cluster} `)) {
      // The id belongs to somebody else by now; PostgreSQL would take that process for a running server and not start.
      await rm(file, { force: true });
      return;
    }
    if (await stopProcess(pid)) return;
    throw new Error(
      `The PostgreSQL left over in ${this.path} (process ${pid}) does not stop. End it and start again.`,
    );
  }
}

const ownerFileOf = (path: string) => join(path, 'owner.json');

/** The process that has taken a folder and lives; undefined where none does. */
export async function livingOwner(path: string): Promise<number | undefined> {
  const owner = parseOwner(await readFile(ownerFileOf(path), 'utf8').catch(() => ''));
  return owner && (await processIdentity(owner.pid)) === owner.started ? owner.pid : undefined;
}

/** Stops a postmaster: fast shutdown, then immediate, then for good. @returns whether it is gone. */
async function stopProcess(pid: number): Promise<boolean> {
  for (const [signal, patience] of [
    ['SIGINT', PATIENCE.fast],
    ['SIGQUIT', PATIENCE.immediate],
    ['SIGKILL', PATIENCE.immediate],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone, or not ours to signal: the check below tells.
    }
    for (const end = Date.now() + patience; Date.now() < end; await delay(20)) {
      if ((await processIdentity(pid)) === undefined) return true;
    }
  }
  return false;
}

function parseOwner(text: string): { pid: number; started: string } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('started' in value))
      return undefined;
    const { pid, started } = value;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined;
  } catch {
    return undefined;
  }
}
