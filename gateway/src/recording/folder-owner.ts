import { createHash, randomBytes } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { processIdentity } from '../store/process-identity.ts';

/**
 * Who holds an open recording in a folder, as part of its file name: process, instance, and a digest of when
 * and where that process was started, so that a later process with the same number isn't taken for it.
 */
export class FolderOwner {
  readonly mark: string;
  readonly #place: string;

  private constructor(mark: string, place: string) {
    this.mark = mark;
    this.#place = place;
  }

  static async ofThisProcess(): Promise<FolderOwner> {
    const place = await thisPlace();
    const identity = await processIdentity(process.pid);
    if (identity === undefined)
      throw new Error('this process could not be identified, so it can hold no recordings');
    return new FolderOwner(
      `${process.pid}-${randomBytes(4).toString('hex')}-${digest(place, identity)}`,
      place,
    );
  }

  /**
   * Whether the process of `mark` still runs here. One of another machine, boot or container counts as gone: the
   * caller only asks about recordings of its own gateway, and a gateway runs once, or of one that is known to be gone.
   */
  async isAlive(mark: string): Promise<boolean> {
    const [, pid, started] = /^(\d+)-[0-9a-f]{8}-([0-9a-f]{16})$/.exec(mark) ?? [];
    if (pid === undefined) return false;
    const identity = await processIdentity(Number(pid));
    return identity !== undefined && digest(this.#place, identity) === started;
  }
}

/** Boot and process namespace on Linux, where start times count from boot and containers count processes anew. */
async function thisPlace(): Promise<string> {
  if (process.platform !== 'linux') return hostname();
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return `${boot.trim()} ${namespace}`;
}

const digest = (place: string, identity: string): string =>
  createHash('sha256').update(`${place}\0${identity}`).digest('hex').slice(0, 16);
