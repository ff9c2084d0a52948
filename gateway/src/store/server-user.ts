import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The system user a server runs as, where it is not our own. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const NAME = 'postgres';

/**
 * PostgreSQL refuses to run as root. Where we are root it runs as the owner of its data, if there is some, else as
 * the system user `postgres`, which is created when missing. Undefined where we are not root: it runs as we do.
 */
export async function serverUser(clusterFolder: string): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(clusterFolder).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return (await lookUp()) ?? (await create());
}

async function lookUp(): Promise<ServerUser | undefined> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, NAME])));
    return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
  } catch {
    return undefined;
  }
}

async function create(): Promise<ServerUser> {
  const why = 'PostgreSQL does not run as root and the system user "postgres" is missing';
  try {
    await run('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      NAME,
    ]);
  } catch (cause) {
    // Two servers may start at once on a fresh machine: the other one has made it.
    const made = await lookUp();
    if (made) return made;
    throw new Error(
      `${why}; useradd could not create it. Create it, or run the gateway as an ordinary user.`,
      { cause },
    );
  }
  const made = await lookUp();
  if (!made) throw new Error(`${why}. Create it, or run the gateway as an ordinary user.`);
  return made;
}

/**
 * Makes sure that the user may reach a path; asked of the system itself, since modes alone don't tell (ACLs).
 * @throws Error that names the folder which stands in the way.
 */
export async function assertReachable(path: string, user: ServerUser): Promise<void> {
  try {
    await run('/bin/sh', ['-c', 'test -x "$0"', path], { uid: user.uid, gid: user.gid, cwd: '/' });
  } catch (cause) {
    const blocking = (await firstClosedFolder(path, user)) ?? path;
    throw new Error(
      `PostgreSQL does not run as root, and the user it runs as instead (uid ${user.uid}) may not enter ${blocking}, which is needed to reach ${path}. Run "chmod o+x ${blocking}", move it elsewhere, or run the gateway as an ordinary user.`,
      { cause },
    );
  }
}

async function firstClosedFolder(path: string, user: ServerUser): Promise<string | undefined> {
  const ancestors: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    ancestors.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of ancestors) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return folder;
  }
  return undefined;
}
